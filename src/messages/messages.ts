import type { Observable, Subject } from 'rxjs';
import type { Channel } from '../channel/channel.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { ValueChannel } from '../send/value-channel.js';

/** A message that counts as consumed when the consumer says so. */
export interface MessageDelivery<In> {
  readonly value: In;
  /**
   * Says that the message has been dealt with, so that the peer may send as many bytes more. Later calls do nothing. Needs
   * no `this`. A message that is never acknowledged takes up its part of the receive window for as long as the channel
   * is open.
   */
  readonly ack: () => void;
}

/**
 * A channel whose bytes are messages. See {@link toMessages}.
 *
 * @typeParam In - the values that come
 * @typeParam Out - the values that are sent
 * @typeParam H - what the channel's `handshake` is
 */
export interface Messages<In, Out = In, H = unknown> extends ValueChannel<Out> {
  /** The channel underneath. Its bytes have their consumer: its priority, its credit and its `bufferedAmount` are of use. */
  readonly channel: Channel<H>;

  /**
   * The peer's messages. **Subscribing is asking for them**: those that come while nobody subscribes wait as bytes in the
   * receive window; when the last subscriber has gone it pauses again, even in the middle of a chunk. What waited is
   * emitted in a microtask after the subscription, so that all who subscribe in one turn get it.
   *
   * A message counts as consumed when the `next` of every subscriber has returned.
   *
   * Completes at the peer's END, errors as the channel's `inbound$`; besides with {@link DecodeError} and
   * {@link MessageTooBigError}, which break the channel. What is given to its own `next` reaches its subscribers and nobody
   * else; its own `complete`, `error` and `unsubscribe` end it for its subscribers here, and mean {@link cancel}.
   */
  readonly inbound$: Subject<In>;

  /**
   * Messages for the peer. `next` encodes at once, and queues the bytes: mind {@link writable$}, or use `send`. `complete`
   * and `error` end the half as those of the channel's `outbound$`. Subscribers see what is given.
   *
   * `next` throws what `encode` throws, and {@link MessageTooBigError}: nothing is sent then, and the channel goes on. After
   * the end it does nothing.
   */
  readonly outbound$: Subject<Out>;

  /**
   * The same messages as {@link inbound$} for consumers that finish later than their `next` returns: a message counts as
   * consumed when it is acknowledged. Subscribers share one delivery and its acknowledgement.
   *
   * @example
   * ```ts
   * import { concatMap, finalize } from 'rxjs';
   * import type { Messages } from 'rxmux/messages';
   *
   * // One order at a time; the peer is held back while `work` is at it.
   * const consume = <Order>({ deliveries$ }: Messages<Order>, work: (order: Order) => Promise<void>) =>
   *   deliveries$.pipe(concatMap(({ value, ack }) => work(value).finally(ack)));
   * ```
   */
  readonly deliveries$: Observable<MessageDelivery<In>>;

  /**
   * `for await (const value of messages)`: a message is consumed when the next one is asked for. Leaving the loop cancels
   * the inbound half; an error of `inbound$` is thrown.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<In>;

  /** The channel's: whether fewer bytes are queued than its `sendHighWaterMark`. */
  readonly writable$: StateObservable<boolean>;

  /** The channel's: `outbound$` takes no more. */
  readonly stopped$: Observable<void>;

  /** The channel's: both sides have ended it. Errors with what broke it. */
  readonly closed$: Observable<void>;

  /** The channel's: the peer's handshake data. */
  readonly handshake$: Observable<H>;

  /** As the channel's: wants no more of the peer's messages. */
  cancel(): void;

  /** As the channel's: ends both halves. */
  destroy(error?: unknown): void;
}
