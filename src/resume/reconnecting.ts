import { asyncScheduler, from, Observable, type ObservableInput, Subscription, timer } from 'rxjs';
import { callable, having, object } from '../arguments.js';
import type { Mux } from '../mux/mux.js';
import { isolated } from '../reactive/report-error.js';
import { type RetryOptions, retrySettings } from './retry.js';

/** Settings of {@link reconnecting}. */
export interface ReconnectingOptions {
  /** When and how often is tried again. Default: see {@link RetryOptions}. */
  retry?: RetryOptions | undefined;
}

const DEFAULTS = { retry: undefined };

/** ms after which a mux counts as a success whose peer has not said who it is, as bpmux never does. */
const LONG = 10_000;

/**
 * One mux after the other: when one is over, for whatever reason, the next is made. For peers that cannot resume, and for
 * servers that were restarted.
 *
 * Cold: each subscription makes muxes of its own. Unsubscribing destroys the mux that there is. Nothing is carried over from
 * one mux to the next: its channels have failed. The result errors where `retry.count` attempts in a row have failed, with
 * what the last one has failed with (`undefined` where its mux just ended); and where `connect` gives something else than a
 * mux. It does not complete.
 *
 * @param connect - makes a mux: returns it, or what it will come from
 * @param options - see {@link ReconnectingOptions}
 * @throws TypeError or RangeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { catchError, EMPTY, switchMap, throwError } from 'rxjs';
 * import { Mux } from 'rxmux';
 * import { connectionLost, reconnecting } from 'rxmux/resume';
 * import { WebSocketCarrier } from 'rxmux/websocket';
 *
 * const mux$ = reconnecting(() => new Mux(new WebSocketCarrier(new WebSocket('wss://example.com'))));
 * // Prices of one connection after the other: an error that is passed on would end the whole, and no next mux be made.
 * const prices$ = mux$.pipe(
 *   switchMap((mux) =>
 *     mux
 *       .observe('prices')
 *       .pipe(catchError((error: unknown) => (connectionLost(error) ? EMPTY : throwError(() => error)))),
 *   ),
 * );
 * ```
 */
export function reconnecting(
  connect: () => Mux | ObservableInput<Mux>,
  options?: ReconnectingOptions,
): Observable<Mux> {
  callable('connect', connect);
  const { retry } = object('options', options, DEFAULTS);
  const { delay, count } = retrySettings(retry);
  return new Observable<Mux>((subscriber) => {
    let attempt = 0;
    let running = Subscription.EMPTY;
    const tryNow = (): void => {
      attempt += 1;
      const life = new Subscription();
      running = life;
      const muxes$ = lifeOf(connect, (error, hadPeer) => {
        attempt = hadPeer ? 0 : attempt;
        if (attempt >= count) {
          subscriber.error(error);
          return;
        }
        let time: number;
        try {
          time = delay(attempt + 1, error);
        } catch (thrown) {
          subscriber.error(thrown);
          return;
        }
        if (!subscriber.closed) {
          running = timer(time).subscribe(tryNow); // else it was unsubscribed by what has just been asked
        }
        isolated(() => {
          life.unsubscribe(); // what the mux came from may hold something
        });
      });
      life.add(
        muxes$.subscribe({
          next: (mux) => {
            subscriber.next(mux);
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
        }),
      );
    };
    tryNow();
    return () => {
      running.unsubscribe();
    };
  });
}

/**
 * Emits a mux. Unsubscribing destroys it.
 *
 * @param ended - called when it is over, or where there is none: with why, and whether it had a peer. Not after unsubscribing
 */
function lifeOf(
  connect: () => Mux | ObservableInput<Mux>,
  ended: (error: unknown, hadPeer: boolean) => void,
): Observable<Mux> {
  return new Observable<Mux>((subscriber) => {
    let isThere = false;
    const connected = (mux: Mux): void => {
      isThere = true;
      try {
        having('what connect gives', mux, 'a Mux', ['open', 'close', 'destroy']);
      } catch (error) {
        subscriber.error(error); // the next attempt would give no better
        return;
      }
      subscriber.add(() => {
        mux.destroy();
      });
      if (subscriber.closed) {
        return; // nobody has waited for it
      }
      const since = asyncScheduler.now();
      subscriber.next(mux);
      subscriber.add(
        mux.closed$.subscribe(() => {
          const hadPeer = mux.peer$.value !== undefined || asyncScheduler.now() - since >= LONG;
          const end = (error?: unknown): void => {
            if (!subscriber.closed) {
              ended(error, hadPeer);
            }
          };
          mux.close().then(() => {
            end();
          }, end);
        }),
      );
    };
    const failed = (error: unknown): void => {
      if (!isThere && !subscriber.closed) {
        ended(error, false); // closed: it was a promise, for which nobody waits any more
      }
    };
    const take = (given: Mux | ObservableInput<Mux>): void => {
      if (Object(given) !== given || 'openChannels' in given) {
        connected(given as Mux);
        return;
      }
      const source = from(given).subscribe({
        next: connected,
        error: failed,
        complete: () => {
          failed(new Error('connect has given no mux'));
        },
      });
      if (!('then' in given)) {
        subscriber.add(source); // what a promise brings is taken in any case, and destroyed where nobody waits for it
      }
    };
    try {
      take(connect());
    } catch (error) {
      failed(error);
    }
  });
}
