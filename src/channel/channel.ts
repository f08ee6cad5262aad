import type { Observable, Subject } from 'rxjs';
import type { Bytes } from '../bytes.js';
import type { Reason } from '../protocol/reason.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { ChannelStats } from './channel-stats.js';

/** Bytes that count as consumed when the consumer says so. */
export interface Delivery {
  /** The peer's bytes: a view, which keeps alive the whole chunk that the carrier delivered. */
  readonly chunk: Bytes;
  /**
   * Says that the bytes have been dealt with, so that the peer may send as many more. Later calls do nothing. Needs no
   * `this`. A delivery that is never acknowledged takes up its part of the receive window for as long as the channel
   * is open.
   */
  readonly ack: () => void;
}

/**
 * One of the many byte streams, both ways, that run over a mux's carrier.
 *
 * @typeParam H - what the option `parseHandshake` makes of handshake data
 */
export interface Channel<H = Bytes> {
  /** The channel's number, the same at both ends. 0 … 2^32−1. */
  readonly id: number;

  /** Who opened the channel. Where both sides opened the same number at the same time, each says `'local'`. */
  readonly openedBy: 'local' | 'peer';

  /**
   * The peer's bytes. **Subscribing is asking for data**: bytes that arrive while nobody subscribes wait in the receive
   * window and no credit is granted for them; when the last subscriber has gone the channel pauses again. Bytes that
   * waited are emitted in a microtask after the subscription, so that all who subscribe in one turn get them.
   *
   * A chunk counts as consumed when the `next` of every subscriber has returned. Chunks are views of what the carrier
   * delivered, cut wherever it cut them: to keep a small one is to keep the whole, and to transfer its memory is to take that
   * of other channels' bytes.
   *
   * Completes at the peer's END; errors with {@link PeerError} at its ERROR_END, and with {@link CarrierEndedError} when
   * the carrier ends first; each after all earlier bytes, so only once these have been consumed. Errors at once with
   * what broke the channel locally: the error given to `destroy()`, {@link ReadOverflowError}, {@link ProtocolError}.
   *
   * What is given to its own `next` reaches its subscribers and nobody else. Its own `complete`, `error` and `unsubscribe` end it
   * for its subscribers here, and mean {@link cancel}.
   */
  readonly inbound$: Subject<Bytes>;

  /**
   * Bytes for the peer. `next` queues a chunk (a string is sent as UTF-8) and returns at once: mind {@link writable$}.
   * The chunk must not be changed until it has been sent. Where its memory is transferred before, the channel fails with a
   * TypeError. `complete` sends END after everything that was given before
   * (half-close: the peer may go on sending), `error` sends ERROR_END likewise. Subscribers see what is given, and what
   * breaks the channel as error. `unsubscribe`, called on it and not on a subscription, ends the half as `complete` does.
   *
   * `next` throws TypeError for what is neither bytes nor a string. After the end it does nothing, and after `unsubscribe` it
   * throws ObjectUnsubscribedError, as any Subject's.
   */
  readonly outbound$: Subject<Uint8Array | string>;

  /**
   * The same bytes as {@link inbound$} for consumers that finish later than their `next` returns: bytes count as
   * consumed when they are acknowledged. Pauses, completes and errors as `inbound$` does. Subscribers share one
   * delivery and its acknowledgement. Bytes that go to subscribers of both count as consumed when acknowledged.
   *
   * @example
   * ```ts
   * import { concatMap, finalize } from 'rxjs';
   * import type { Bytes, Channel } from 'rxmux';
   *
   * // One chunk at a time; the peer is held back while `work` is at it.
   * const consume = (channel: Channel, work: (chunk: Bytes) => Promise<void>) =>
   *   channel.deliveries$.pipe(concatMap(({ chunk, ack }) => work(chunk).finally(ack)));
   * ```
   */
  readonly deliveries$: Observable<Delivery>;

  /**
   * `for await (const chunk of channel)`: a chunk is consumed when the next one is asked for. Leaving the loop cancels
   * the inbound half; an error of `inbound$` is thrown.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Bytes>;

  /**
   * The peer's handshake data. Late subscribers hear what early ones have heard.
   *
   * - Emits it when it has come, and completes.
   * - Errors when the channel is removed before, or is refused. (A peer without `extensions` that calls `delayHandshake()` and
   *   then `reject()` has answered for all that can be seen here.)
   * - Errors with what `parseHandshake` threw; but where there was no data for it, completes without a value.
   */
  readonly handshake$: Observable<H>;

  /** The peer's handshake data, if it has come. For a channel out of `channels$` it has, unless `parseHandshake` threw. */
  readonly handshake: H | undefined;

  /**
   * For a channel out of `channels$`, while the `next` that got it has not returned: the answer is to be given later.
   * The peer learns this side's receive window (PRE_HANDSHAKE), so it can send already; this side cannot until it has
   * answered.
   *
   * An answer may come late: where the channel has been destroyed meanwhile, by the application or for what the peer has done,
   * the function, `accept` and `reject` do nothing.
   *
   * @returns a function that answers, with data for the peer's `handshake`. It does what {@link accept} does.
   * @throws {@link MuxError} with the code `ERR_RXMUX_HANDSHAKE_SENT` where this side's handshake is already on its way,
   *   so always for a channel that this side opened
   */
  delayHandshake(): (data?: Uint8Array | string) => void;

  /**
   * Answers the peer now instead of when the `next` of `channels$` returns, with data for the peer's `handshake`.
   *
   * @throws {@link MuxError} with the code `ERR_RXMUX_HANDSHAKE_SENT`, as {@link delayHandshake}
   */
  accept(data?: Uint8Array | string): void;

  /**
   * Refuses the channel: the peer's end fails with {@link PeerError}. Here both Subjects complete.
   *
   * @param reason - what the peer gets as `reason` of that error, where both sides have the option `extensions`; else it stays
   *   here. At most 255 bytes of the code and 1 024 of the message are sent. Default: none
   * @throws {@link MuxError} with the code `ERR_RXMUX_HANDSHAKE_SENT`, as {@link delayHandshake}; TypeError where `reason` is none
   */
  reject(reason?: Reason): void;

  /** Credit: bytes that the peer takes now. Completes when the channel is removed. */
  readonly sendWindow$: StateObservable<number>;

  /** Bytes that the peer may still send now. Completes when the channel is removed. */
  readonly receiveWindow$: StateObservable<number>;

  /** Bytes given to `outbound$` and not yet to the carrier. */
  readonly bufferedAmount: number;

  /**
   * Whether `bufferedAmount` is below the option `sendHighWaterMark`: whoever sends more than that waits for it to be
   * `true`. Completes when the outbound half has ended or failed; its `value` stays
   * right while the rest leaves.
   */
  readonly writable$: StateObservable<boolean>;

  /**
   * `outbound$` takes no more: it has ended, the peer has stopped it, or the channel or the mux is gone. Emits once, then completes, for late
   * subscribers too. Never errors, consumes nothing: made for `takeUntil(channel.stopped$)`, so that what feeds `outbound$`
   * stops when nobody takes it. A bpmux stops nothing: with it, the other two remain.
   */
  readonly stopped$: Observable<void>;

  /**
   * Bytes that the peer has said it has received. It says so when it gives credit, not for its own sake: less than half of its
   * window may have come that this does not count, also when nothing is under way any more. That all has come,
   * an answer of the peer's tells. Completes when the channel is removed.
   */
  readonly acknowledged$: StateObservable<number>;

  /**
   * Which of this side's channels send first: 0 (first) … 7 (last). Strict: while a channel of a lower number has bytes and
   * credit, those of higher numbers wait. Nothing of it is on the wire. Can be set at any time; RangeError for what is out of
   * range. Begins as the option says, 3 unless told.
   */
  priority: number;

  /**
   * The share of a busy channel among those of its priority, 1 … 256. Can be set at any time; RangeError for what is out of
   * range. Begins as the option says, 16 unless told.
   */
  weight: number;

  /**
   * How the channel is at this moment: how many bytes have gone which way and lie where, what it waits for, and since when. Cheap, and
   * changes nothing: it is no subscription, and asks for no bytes. After the channel is removed it says how it ended.
   */
  stats(): ChannelStats;

  /**
   * This side wants no more of the peer's bytes: from now on they are discarded and acknowledged, so that the peer can
   * finish. Where both sides have the option `extensions`, the peer stops: its `outbound$` errors with {@link StoppedError}.
   * Subscribers of `inbound$` hear of the peer's end when it comes.
   */
  cancel(): void;

  /**
   * Ends both halves. Inbound as {@link cancel}, and local subscribers complete, or get `error`. Outbound: without
   * `error`, END goes out after what was given before, as with `outbound$.complete()`; with `error`, what was given and
   * not yet sent is dropped and ERROR_END goes out; the peer hears why where that is a {@link ChannelError}, and both sides
   * have the option `extensions`. Does nothing to halves that have ended.
   */
  destroy(error?: unknown): void;

  /**
   * The channel is removed: both sides have ended their halves (bytes may still wait for their consumer), or the
   * carrier has gone. Emits and completes; where the channel was broken, by the peer's or a local error or by the
   * carrier, errors with the first such error. Replays to late subscribers.
   */
  readonly closed$: Observable<void>;
}
