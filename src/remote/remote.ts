import {
  asyncScheduler,
  defer,
  isObservable,
  noop,
  type Observable,
  type SchedulerLike,
  shareReplay,
} from 'rxjs';
import { callable, delay, object, schedulerLike, show } from '../arguments.js';
import type { AnyMux } from './any-mux.js';
import type { Api, Remote } from './api.js';
import { CALL_DEFAULTS, type CallOptions, callSettings } from './call-options.js';
import { CallMethod } from './call-header.js';
import type { CallerSettings } from './caller-settings.js';
import { MadeCall } from './made-call.js';
import { shownError } from './remote-error.js';
import { ValueStream } from './value-stream.js';

/** Settings of {@link remote}. */
export interface RemoteOptions extends CallOptions {
  /**
   * Milliseconds from the subscription on after which a call fails with the code `DEADLINE`, ≥ 1. The far side gets to know
   * it, and gives up by itself. `false`: never. Default `false`.
   */
  deadline?: number | false | undefined;
  /**
   * Gives what the far side gets to know of each call besides: a token, a `traceparent`. It goes through the codec, and travels
   * with the opening of the channel: 64 986 bytes at most, with the method's name. What it throws fails the call. So does a
   * promise, with a TypeError: have what is to be fetched ready. Default: nothing.
   */
  metadata?: ((method: string) => unknown) | undefined;
  /**
   * Where muxes come one after the other: whether a call that is under way is made anew on the next one when its own has gone.
   * A function is asked each time, with what broke it. Only say so for what may be done twice. Default `false`.
   */
  resubscribe?: boolean | ((error: unknown, method: string) => boolean) | undefined;
  /** Where the timers of `deadline` run. Default: RxJS's `asyncScheduler`. */
  scheduler?: SchedulerLike | undefined;
}

const DEFAULTS = {
  ...CALL_DEFAULTS,
  deadline: false as const,
  metadata: noop as (method: string) => unknown,
  resubscribe: false,
  scheduler: asyncScheduler,
};

/**
 * The methods that the far side of a mux {@link serve}s.
 *
 * Each returns a {@link RemoteObservable}, which is cold: a call is made at each subscription, on a channel of its own, and
 * unsubscribing stops the far side. It errors with a {@link RemoteError} that the far side has sent; with what breaks the
 * channel, as `inbound$` of that; with `DecodeError` where what comes is no value; and with what `open` throws.
 *
 * An Observable as the last argument goes the other way, and so does an async iterable or a WHATWG stream, which are read
 * only as fast as the far side takes the values. Where it errors, the handler hears of it; where the call fails then, it is
 * with that error.
 *
 * With an Observable of muxes (`reconnecting` of `rxmux/resume`), a call that is made while there is no connection waits for
 * the next mux, and one whose mux goes fails with what broke it, unless `resubscribe` says otherwise. One that the far side
 * has refused with `GOING_AWAY`, since it was closing its mux, waits for the next one, too; with a stream, which has begun,
 * only where `resubscribe` says so. The Observable is subscribed to at the first call, and shared by all: complete it to have
 * done with it. After an error of it, the next call subscribes anew.
 *
 * Names that every object has (`toString`, `constructor` …), `then`, `toJSON` and `asymmetricMatch` are no methods here.
 *
 * @typeParam T - what the far side serves: an interface of methods, see {@link Api}
 * @param to - a mux, or muxes one after the other
 * @param options - see {@link RemoteOptions}
 * @throws TypeError where `to` is neither; TypeError or RangeError that names the option which it cannot take
 */
export function remote<T extends Api<T>>(
  to: AnyMux | Observable<AnyMux>,
  options?: RemoteOptions,
): Remote<T> {
  const given = object<RemoteOptions, typeof DEFAULTS>('options', options, DEFAULTS);
  const { metadata, resubscribe, scheduler } = given;
  const settings: CallerSettings = {
    ...callSettings(given),
    ...(isObservable(to) ? { muxes$: shared(to) } : { mux: checked(to) }),
    deadline: delay('options.deadline', given.deadline),
    metadata: callable('options.metadata', metadata),
    resubscribe:
      typeof resubscribe === 'boolean' ? () => resubscribe : callable('options.resubscribe', resubscribe),
    scheduler: schedulerLike('options.scheduler', scheduler),
    shown: (error) => shownError(error, false),
  };
  return methodsBy((name) => {
    const method = new CallMethod(name);
    return (...args) =>
      new ValueStream((subscriber, taking) => {
        new MadeCall(settings, method, args, subscriber, taking).start();
      });
  }) as Remote<T>;
}

type Method = (...args: readonly unknown[]) => unknown;

/**
 * An object with a method of every name, but for those that would make it something else than it is. Not a plain one: stores
 * of Svelte, Solid and MobX make proxies of those, and these ask `in` for a method, or have none that is not the object's own.
 */
function methodsBy(methodOf: (name: string) => Method): object {
  const methods = new Map<string | symbol, Method>();
  return new Proxy(Object.freeze(Object.create({}) as Readonly<Record<string | symbol, unknown>>), {
    get: (target, name): unknown => {
      let method = methods.get(name);
      if (method === undefined) {
        if (typeof name === 'symbol' || name in target || NO_METHODS.test(name)) {
          return target[name];
        }
        method = methodOf(name);
        methods.set(name, method);
      }
      return method;
    },
  });
}

/** What `await`, `JSON.stringify` and Jest, which takes what has it for a matcher, ask objects for. */
const NO_METHODS = /^(then|toJSON|asymmetricMatch)$/;

/** Muxes for all calls, of which those that come late get the latest. */
function shared(muxes$: Observable<AnyMux>): Observable<AnyMux> {
  return defer(() => muxes$).pipe(shareReplay({ bufferSize: 1, refCount: false }));
}

function checked(mux: AnyMux): AnyMux {
  if (typeof (mux as Partial<AnyMux> | null | undefined)?.open !== 'function') {
    throw new TypeError(`remote takes a Mux or an Observable of such, got ${show(mux)}`);
  }
  return mux;
}
