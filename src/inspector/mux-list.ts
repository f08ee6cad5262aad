import { catchError, ignoreElements, mergeMap, type Observable, of, Subscription } from 'rxjs';
import { having, show, text } from '../arguments.js';
import type { ChannelStats } from '../channel/channel-stats.js';
import type { MuxError } from '../errors.js';
import type { MuxStats } from '../mux/mux-stats.js';
import { ErrorLog } from './error-log.js';

/** What is looked at of a `Mux`, whatever its handshakes are. Looking changes nothing. */
export interface InspectedMux {
  readonly openChannels: ReadonlyMap<number, InspectedChannel>;
  readonly errors$: Observable<MuxError>;
  readonly removed$: Observable<{ readonly closed$: Observable<void> }>;
  readonly closed$: Observable<void>;
  stats(): MuxStats;
}

/** What is looked at of a channel. */
export interface InspectedChannel {
  stats(): ChannelStats;
}

/** A mux that is in the list. */
export interface ListedMux {
  readonly key: number;
  readonly name: string;
  readonly mux: InspectedMux;
  readonly isOver: boolean;
}

/** Muxes that have ended, and are still in the list. */
const MAX_OVER = 3;

/** Throws TypeError where it is none: a channel has `stats()`, too. What fails when it is looked at fails here. */
export function aMux(given: InspectedMux): InspectedMux {
  having('mux', given, 'a Mux', ['stats']);
  const parts: readonly unknown[] = [given.openChannels, given.errors$, given.removed$, given.closed$];
  if (parts.includes(undefined)) {
    throw new TypeError(`mux must be a Mux, got ${show(given)}`);
  }
  return given;
}

/** The muxes that can be looked at, and their errors. What has ended leaves the list, but for the last few. */
export class MuxList {
  readonly errors = new ErrorLog();
  readonly #muxes = new Map<InspectedMux, ListedMux & { isOver: boolean; subscriptions: Subscription }>();
  /** Those that have ended, in the order in which they have. */
  #over: InspectedMux[] = [];
  readonly #subscriptions = new Subscription();
  readonly #keys = new WeakMap<InspectedChannel, number>();
  readonly #now: () => number;
  #lastKey = 0;
  #added = 0;

  /** @param now - ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** In the order in which they were added. */
  get muxes(): readonly ListedMux[] {
    return [...this.#muxes.values()];
  }

  /** One that is in the list already stays as it is. */
  add(mux: InspectedMux, name?: string): void {
    aMux(mux);
    if (name !== undefined) {
      text('name', name);
    }
    if (this.#muxes.has(mux) || this.#subscriptions.closed) {
      return;
    }
    this.#added += 1;
    const subscriptions = new Subscription();
    const listed = {
      key: this.#added,
      name: name ?? `mux ${this.#added}`,
      mux,
      isOver: false,
      subscriptions,
    };
    this.#muxes.set(mux, listed);
    const log = (error: unknown): void => {
      this.errors.add(error, this.#now(), listed.name);
    };
    this.#subscriptions.add(subscriptions);
    subscriptions.add(mux.errors$.subscribe(log));
    subscriptions.add(mux.removed$.pipe(mergeMap(failure)).subscribe(log));
    subscriptions.add(
      mux.closed$.subscribe({
        complete: () => {
          listed.isOver = true;
          subscriptions.unsubscribe();
          this.#over.push(mux);
          this.#over.slice(0, -MAX_OVER).forEach((old) => {
            this.#leave(old);
          });
        },
      }),
    );
  }

  /** Has these and no others. Those that are in the list already stay as they are. */
  set(muxes: readonly InspectedMux[]): void {
    for (const { mux } of this.muxes) {
      if (!muxes.includes(mux)) {
        this.#leave(mux);
      }
    }
    muxes.forEach((mux) => {
      this.add(mux);
    });
  }

  /** Stands for the channel: numbers are used again. */
  keyOf(channel: InspectedChannel): number {
    let key = this.#keys.get(channel);
    if (key === undefined) {
      this.#lastKey += 1;
      key = this.#lastKey;
      this.#keys.set(channel, key);
    }
    return key;
  }

  /** Is empty from now on, and listens to nothing. */
  clear(): void {
    this.#subscriptions.unsubscribe();
    this.#muxes.clear();
    this.#over = [];
  }

  #leave(mux: InspectedMux): void {
    this.#muxes.get(mux)?.subscriptions.unsubscribe();
    this.#muxes.delete(mux);
    this.#over = this.#over.filter((one) => one !== mux);
  }
}

/** What broke the channel, if anything did. */
function failure({ closed$ }: { readonly closed$: Observable<void> }): Observable<unknown> {
  return closed$.pipe(
    ignoreElements(),
    catchError((error: unknown) => of(error)),
  );
}
