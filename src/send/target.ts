import type { HalfEnd } from '../channel/half-end.js';

/**
 * Where `send` sends to, and all that it knows of it.
 *
 * @typeParam T - the values that it takes
 */
export interface Target<T> {
  /** The number of the channel, for errors. */
  readonly channelId: number;
  /** Bytes in {@link pending} from which on a value waits, unless the application says otherwise. */
  readonly highWaterMark: number;
  /** Bytes that have been given and have not left. */
  readonly pending: number;
  /** What it has been broken by, where it has. */
  readonly broken: HalfEnd | undefined;
  /**
   * The bytes that a value is sent as. Needs no `this`, and keeps nothing of the channel.
   *
   * @throws what is wrong with a value that cannot be sent
   */
  readonly encode: (value: T) => Uint8Array;
  /** Queues such bytes. */
  give(bytes: Uint8Array): void;
  /** Ends it: the peer hears of it after what has been given. */
  finish(end: HalfEnd): void;
  /** Ends it at once: what waits is dropped, and the peer hears that it has not got the whole. */
  abort(error: unknown): void;
  /** Tells `listener` what happens, and what has happened. */
  listen(listener: TargetListener): void;
  /** Tells it nothing more. */
  unlisten(listener: TargetListener): void;
}

/** What a {@link Target} tells. Each but the first happens once, and is told to late listeners as soon as they listen. */
export interface TargetListener {
  /** Bytes have left. */
  onTaken(): void;
  /** It takes no more, whoever has ended it. */
  onStopped(end: HalfEnd): void;
  /** Its end has been sent; or, with an error, it never will be. */
  onEndSent(end: HalfEnd): void;
  /** The peer's half of the channel has failed. */
  onPeerError(error: unknown): void;
}
