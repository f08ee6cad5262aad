import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { MAX_DELAY, object, schedulerLike, show, whole } from '../arguments.js';
import type { Bytes } from '../bytes.js';
import type { Carrier } from '../carrier/carrier.js';
import { Mux } from '../mux/mux.js';
import { type MuxOptions, muxSettings, type ParsingMuxOptions } from '../options.js';
import { line } from './line.js';

/** Settings of {@link muxPair}. */
export interface MuxPairOptions<N = Bytes, F = Bytes> {
  /**
   * Where everything happens: the line's times, and those of both muxes, unless they name a scheduler of their own.
   * Default: RxJS's `asyncScheduler`, which is real time.
   */
  scheduler?: SchedulerLike | undefined;
  /** Milliseconds that a byte is under way, ≥ 0; fractions are allowed. Default 0. */
  delay?: number | undefined;
  /** Bytes that leave in a second, each way, ≥ 1. Default: no limit. */
  rate?: number | undefined;
  /** Bytes that wait for the line at each end until `capacity$` of its mux is 0, ≥ 1. Default 65 536. */
  buffer?: number | undefined;
  /** Settings of the near mux. `keepAlive` is `false` unless told, since a timer that never ends has no place in a test. */
  near?: MuxOptions<N> | undefined;
  /** Settings of the far mux. The same; and `highChannels` is `true`, unless told or set for the near one. */
  far?: MuxOptions<F> | undefined;
}

/**
 * Two muxes that are connected.
 *
 * @typeParam N - what `parseHandshake` of the near mux makes of handshake data
 * @typeParam F - what that of the far mux makes of it
 */
export interface MuxPair<N = Bytes, F = Bytes> {
  readonly near: Mux<N>;
  readonly far: Mux<F>;
  /**
   * Breaks the connection: all that waits or is under way is lost, and both muxes hear of it in the same frame (in real
   * time: a moment later). With `error` it has failed, so that `channels$` errors with it; without, it has ended, so that
   * `channels$` completes. Either way channels that are open fail with `CarrierEndedError`. Only the
   * first one counts. Needs no `this`.
   */
  readonly cut: (error?: Error) => void;
}

const DEFAULTS = {
  scheduler: asyncScheduler,
  delay: 0,
  rate: undefined,
  buffer: 65_536,
  near: undefined,
  far: undefined,
};

/**
 * Two muxes, connected in memory, to test one's own flow control with: in virtual time where `scheduler` is virtual.
 *
 * The line between them has back-pressure, keeps the order, and half-closes as a socket does. A piece of n bytes that is
 * written in frame t arrives in frame t + 1000 · n / `rate` + `delay`, or later by as much as bytes before it still
 * need. What a turn writes is one piece, but for payloads of more than 4 KiB, which are pieces of their own. Where one
 * mux is destroyed, the other one learns of it after `delay`, as of a connection that has ended.
 *
 * How exact times are depends on the scheduler:
 *
 * - a `TestScheduler`, inside its `run`: all is in virtual time, so that marbles hold to the frame. In `run` RxJS moves
 *   its own schedulers there, too, and with them the turn at whose end a mux sends.
 * - a `VirtualTimeScheduler`, or a `TestScheduler` outside `run`: the line and all timers are in virtual time, but what is
 *   sent leaves in a microtask, for which `flush()` does not wait.
 * - none: real time, as late as timers are.
 *
 * @param options - see {@link MuxPairOptions}
 * @throws TypeError or RangeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict';
 * import { map } from 'rxjs';
 * import { TestScheduler } from 'rxjs/testing';
 * import { muxPair } from 'rxmux/testing';
 *
 * const scheduler = new TestScheduler((actual, expected) => assert.deepEqual(actual, expected));
 * scheduler.run(({ cold, expectObservable }) => {
 *   const { near, far } = muxPair({ scheduler, delay: 5 });
 *   far.channels$.subscribe((channel) => channel.inbound$.subscribe(channel.outbound$)); // echo
 *
 *   const channel = near.open(); // is answered after 10 ms; then bytes may leave
 *   cold('           a-----------b', { a: 'hello', b: 'again' }).subscribe(channel.outbound$);
 *   const expected = '-------------------- a-b';
 *   expectObservable(channel.inbound$.pipe(map(String))).toBe(expected, { a: 'hello', b: 'again' });
 * });
 * ```
 */
export function muxPair<N = Bytes, F = Bytes>(options?: MuxPairOptions<N, F>): MuxPair<N, F> {
  const given = object('options', options, DEFAULTS);
  const scheduler = schedulerLike('options.scheduler', given.scheduler);
  const near = settingsOf('options.near', given.near);
  const far = settingsOf('options.far', given.far);
  const connection = line({
    scheduler,
    delay: milliseconds('options.delay', given.delay),
    rate: given.rate === undefined ? Infinity : whole('options.rate', given.rate, 1),
    buffer: whole('options.buffer', given.buffer, 1),
  });
  const { highChannels = false } = near;
  return {
    near: muxOver(connection.near, near, scheduler, highChannels),
    far: muxOver(connection.far, far, scheduler, !highChannels),
    cut: connection.cut,
  };
}

/** Settings of a mux, which would check them itself, under another name. */
function settingsOf<H>(path: string, given: MuxOptions<H> | undefined): MuxOptions<H> {
  muxSettings(given, path);
  return given ?? {};
}

function muxOver<H>(
  carrier: Carrier,
  options: MuxOptions<H>,
  pairScheduler: SchedulerLike,
  pairHighChannels: boolean,
): Mux<H> {
  const { scheduler = pairScheduler, keepAlive = false, highChannels = pairHighChannels } = options;
  const own = Object.getOwnPropertyDescriptors({ ...options, scheduler, keepAlive, highChannels });
  const settings = Object.create(options, own) as ParsingMuxOptions<H>; // to the compiler: they fit any `H`
  return new Mux<H>(carrier, settings); // options may be inherited
}

function milliseconds(path: string, given: number): number {
  if (typeof given !== 'number') {
    throw new TypeError(`${path} must be a number of milliseconds, got ${show(given)}`);
  }
  if (!(given >= 0 && given <= MAX_DELAY)) {
    throw new RangeError(`${path} must be 0 … ${MAX_DELAY} milliseconds, got ${given}`);
  }
  return given;
}
