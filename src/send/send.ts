import { Observable, type ObservableInput, type OperatorFunction } from 'rxjs';
import { object, toBytes, whole } from '../arguments.js';
import { ENCODE } from '../brands.js';
import type { Channel } from '../channel/channel.js';
import { ChannelTarget } from './channel-target.js';
import { feederOf } from './feeder-of.js';
import { overflowOf } from './overflow.js';
import { Sending } from './sending.js';
import type { StreamOf } from './stream-of.js';
import type { Target } from './target.js';
import type { ValueChannel } from './value-channel.js';

/** Settings of {@link send} and {@link sendTo}. */
export interface SendOptions {
  /**
   * What becomes of an Observable's values that come while there is no room. Sources that are pulled need no such choice.
   *
   * - `'buffer'`: they wait in the channel, where `bufferedAmount` counts them; beyond `limit` bytes of them it is an
   *   {@link OverflowError}.
   * - `'latest'`: the newest waits, and is sent when there is room, or the source ends; those before it are dropped.
   * - `'drop'`: they are dropped.
   * - `'error'`: it is an {@link OverflowError}.
   *
   * Default `'buffer'`.
   */
  overflow?: 'buffer' | 'latest' | 'drop' | 'error' | undefined;
  /** Bytes that may wait under `'buffer'`, beyond `highWaterMark`, ≥ 0. A string counts as its UTF-8. Default 16 777 216. */
  limit?: number | undefined;
  /**
   * Bytes in the channel's `bufferedAmount` from which on there is no room, ≥ 1. What a live feed sends is as old as the
   * bytes before it, so it wants few. Default: the channel's `sendHighWaterMark`.
   */
  highWaterMark?: number | undefined;
}

const DEFAULTS = { overflow: 'buffer' as const, limit: 16_777_216 };

/**
 * Sends a source to the peer, and ends the channel's outbound half with it. Cold: it begins when it is subscribed to.
 *
 * **Back-pressure.** An iterable, an async iterable (a channel is one, and so is a Node `Readable`), a WHATWG stream or a
 * promise is pulled: asked for a value only while there is room. So it is never ahead of what has left by more than
 * `highWaterMark` bytes and one value. An Observable cannot be held back: see `overflow`.
 *
 * **How it ends.** Each of source, channel and subscription ends the others:
 *
 * | what happens | the result | the source | the peer gets |
 * | --- | --- | --- | --- |
 * | the source completes | completes when END has been sent | | everything, END |
 * | the source errors, or gives what cannot be sent (`TypeError`, or what the codec throws) | errors with that | is let go | what came before, ERROR_END |
 * | {@link OverflowError} | errors with it | is let go | ERROR_END at once: what waits is dropped |
 * | the peer wants no more ({@link StoppedError}), or somebody else ends the half | completes | is let go | that end |
 * | the channel breaks, here or with the carrier | errors with what broke it | is let go | ERROR_END, or nothing |
 * | the peer's half fails ({@link PeerError}), or it refuses the channel | errors with that | is let go | ERROR_END at once |
 * | it is unsubscribed | | is let go | ERROR_END at once: it must not take what it has got for the whole |
 *
 * To let go of a source is to unsubscribe from it, to `cancel()` its reader, to `destroy()` a Node stream, or to call
 * `return()` of its iterator, once and at once, even while it is waiting for a value. (An async generator hears of that when
 * what it awaits has come.) What it throws then goes where RxJS has all that comes too late: to
 * `config.onStoppedNotification`. Where the half had ended before, the source is let go of unread, and an
 * Observable is not subscribed to.
 *
 * Bytes must not be changed until they have been sent. While a source always has a value and the peer always takes it, it
 * stands back once per 8 MiB, 8192 values, or 50 ms of work, so that all else has its turn.
 *
 * @param source - what gives the values. To a channel: bytes, or strings, which are sent as UTF-8; to messages: what these take
 * @param to - a channel of a {@link Mux}, or the messages that `toMessages` of `rxmux/messages` has made of one. It should have one sender: where several send, the first to end ends all
 * @param options - see {@link SendOptions}
 * @returns an Observable that emits nothing, and completes or errors as above
 * @throws TypeError where `source` or `to` is nothing of the kind; TypeError or RangeError that names the option which it
 *   cannot take
 *
 * @example
 * ```ts
 * import { createReadStream } from 'node:fs';
 * import { type Mux, send } from 'rxmux';
 *
 * // Read only as fast as the peer takes it.
 * const upload = (mux: Mux, path: string) =>
 *   send(createReadStream(path), mux.open(path)).subscribe({
 *     error: (error) => console.error('not sent:', error),
 *     complete: () => console.log('sent'),
 *   });
 * ```
 *
 * @example
 * ```ts
 * import { type Channel, send } from 'rxmux';
 *
 * // From one mux to another, with the back-pressure of the one on the other.
 * const relay = (from: Channel, to: Channel) => send(from, to);
 * ```
 */
export function send(
  source: ObservableInput<Uint8Array | string> | StreamOf<Uint8Array | string>,
  to: Channel<unknown>,
  options?: SendOptions,
): Observable<never>;
export function send<T>(source: StreamOf<T>, to: ValueChannel<T>, options?: SendOptions): Observable<never>;
// For itself: in one signature with the stream the compiler would find the chunks in getReader(), and wrong ones.
export function send<T>(
  // eslint-disable-next-line @typescript-eslint/unified-signatures
  source: ObservableInput<T>,
  to: ValueChannel<T>,
  options?: SendOptions,
): Observable<never>;
export function send(
  source: ObservableInput<unknown> | StreamOf<never, unknown>,
  to: Channel<unknown> | ValueChannel<never>,
  options?: SendOptions,
): Observable<never> {
  return sender(to, options)(source as ObservableInput<unknown>);
}

/**
 * {@link send} as an operator.
 *
 * @param to - a channel of a {@link Mux}, or messages over one
 * @param options - see {@link SendOptions}
 * @throws TypeError where `to` is no such channel; TypeError or RangeError that names the option which it cannot take
 *
 * @example
 * ```ts
 * import { map, type Observable } from 'rxjs';
 * import { type Channel, sendTo } from 'rxmux';
 *
 * // A slow peer misses prices, and what it gets is never older than 1000 bytes.
 * const publish = (prices$: Observable<number>, channel: Channel) =>
 *   prices$
 *     .pipe(
 *       map((price) => `${price}\n`),
 *       sendTo(channel, { overflow: 'latest', highWaterMark: 1000 }),
 *     )
 *     .subscribe({ error: (error) => console.error('prices are not sent any more:', error) });
 * ```
 */
export function sendTo(
  to: Channel<unknown>,
  options?: SendOptions,
): OperatorFunction<Uint8Array | string, never>;
export function sendTo<T>(to: ValueChannel<T>, options?: SendOptions): OperatorFunction<T, never>;
export function sendTo(
  to: Channel<unknown> | ValueChannel<never>,
  options?: SendOptions,
): OperatorFunction<unknown, never> {
  return sender(to, options);
}

function sender(
  to: Channel<unknown> | ValueChannel<never>,
  options: SendOptions | undefined,
): (source: ObservableInput<unknown>) => Observable<never> {
  const target = targetOf(to);
  const given = object('options', options, { ...DEFAULTS, highWaterMark: target.highWaterMark });
  const highWaterMark = whole('options.highWaterMark', given.highWaterMark, 1);
  const overflow = overflowOf(given.overflow, whole('options.limit', given.limit, 0));
  return (source) => {
    const feedOf = feederOf(source, overflow);
    return new Observable<never>((subscriber) => {
      new Sending(target, highWaterMark, subscriber).start(feedOf);
    });
  };
}

/** Whether the values fit, the compiler has seen to, or what encodes them says. */
function targetOf(to: Channel<unknown> | ValueChannel<never>): Target<unknown> {
  const { channel, [ENCODE]: encode } = Object(to) as Partial<ValueChannel<unknown>>;
  return channel === undefined || encode === undefined
    ? new ChannelTarget(to as Channel<unknown>, bytesToSend)
    : new ChannelTarget(channel, encode);
}

const bytesToSend = (value: unknown): Uint8Array => toBytes('what is sent', value as Uint8Array | string);
