import type { HalfEnd } from './half-end.js';

/**
 * For whoever turns a channel into something else: a Duplex, a WHATWG stream, `send`. They must hear of everything, and
 * thousands of channels may have one. So they listen by one object, without subscriptions.
 *
 * What can happen only once is told to late listeners too, as soon as they listen.
 */
export interface ChannelListener {
  /** Queued bytes have been passed on to the carrier. */
  onTaken?(): void;
  /** `outbound$` takes no more, whoever has ended it. Once. */
  onStopped?(end: HalfEnd): void;
  /**
   * This side's END or ERROR_END has been written; or, with an error, it never will be, or bytes that were given before it
   * have been dropped. Once.
   */
  onEndSent?(end: HalfEnd): void;
  /** The peer has ended with ERROR_END. Bytes from before may still wait. Once. */
  onPeerError?(error: unknown): void;
  /** `inbound$` has ended: what came before has been taken, or dropped. Once. */
  onInboundOver?(end: HalfEnd): void;
  /** Its priority or its weight has been set. */
  onOrder?(): void;
  /** The channel is gone without both sides having come to their end. Bytes may still wait. Once. */
  onCut?(error: unknown): void;
}
