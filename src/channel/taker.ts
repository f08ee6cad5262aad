import type { Bytes } from '../bytes.js';
import type { HalfEnd } from './half-end.js';

/**
 * Takes the peer's bytes as a subscriber of `deliveries$` does, without a subscription: thousands of channels may have one,
 * and a busy one has many chunks. Bytes count as consumed when `acknowledge` says so.
 */
export interface Taker {
  /** Bytes have come. */
  onBytes(chunk: Bytes): void;
  /** None will come any more: `inbound$` has ended. */
  onEnd(end: HalfEnd): void;
}
