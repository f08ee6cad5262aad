import { firstValueFrom, lastValueFrom, Observable, type Subscription, toArray } from 'rxjs';
import type { MuxOptions } from '../../src/index.js';
import { type Api, type Handlers, remote, type Remote, type RemoteOptions, serve } from '../../src/remote.js';
import type { CallContext, ServeOptions } from '../../src/remote.js';
import { muxPair, type MuxPair } from '../../src/testing.js';

export interface Connected<T> extends MuxPair {
  readonly api: Remote<T>;
  readonly serving: Subscription;
}

interface Settings<T> {
  readonly serve?: ServeOptions<T>;
  readonly remote?: RemoteOptions;
  readonly near?: MuxOptions;
  readonly far?: MuxOptions;
}

/** Handlers at the far end of a connection, and who calls them at the near end. */
export function connected<T extends Api<T>>(
  handlers: Handlers<T> | ((context: CallContext) => Handlers<T>),
  settings: Settings<T> = {},
): Connected<T> {
  const pair = muxPair({ near: settings.near, far: settings.far });
  for (const { channels$ } of [pair.near, pair.far]) {
    channels$.subscribe({ error: () => undefined });
  }
  const serving = serve<T>(pair.far, handlers, settings.serve);
  return { ...pair, serving, api: remote<T>(pair.near, settings.remote) };
}

/** All values. */
export const all = <T>(values$: Observable<T>): Promise<T[]> => lastValueFrom(values$.pipe(toArray()));

/** The only value. */
export const one = <T>(values$: Observable<T>): Promise<T> => firstValueFrom(values$);

/** What a call fails with. */
export const failure = (values$: Observable<unknown>): Promise<unknown> =>
  all(values$).then(
    (values) => {
      throw new Error(`it has not failed, and given ${JSON.stringify(values)}`);
    },
    (error: unknown) => error,
  );

/** Something to wait for, and the function that it waits for. */
export class Signal<T = void> {
  readonly happened: Promise<T>;
  happen!: (value: T) => void;

  constructor() {
    this.happened = new Promise((resolve) => {
      this.happen = resolve;
    });
  }
}

/** Gives `values`, and then nothing until it is let go of. */
export function endless<T>(...values: readonly T[]): {
  values$: Observable<T>;
  begun: Signal;
  letGo: Signal;
} {
  const begun = new Signal();
  const letGo = new Signal();
  const values$ = new Observable<T>((subscriber) => {
    values.forEach((value) => {
      subscriber.next(value);
    });
    begun.happen();
    return () => {
      letGo.happen();
    };
  });
  return { values$, begun, letGo };
}
