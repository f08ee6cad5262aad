import type { PeerEnd } from './channel/mux-channel.js';

/**
 * Ends that the peer has sent for numbers of which no HANDSHAKE has come: a bpmux peer that ends a new channel at once
 * sends END first. A peer that floods us with them makes us forget the oldest.
 */
export class EarlyEnds {
  readonly #ends = new Map<number, PeerEnd>();
  /**
   * Goes through the numbers from the oldest on, while they are forgotten: a fresh iterator would have to skip all that
   * were deleted before it. Not held for longer, since an iterator that rests keeps every table that its Map outgrows.
   */
  #oldest: Iterator<number> | undefined;

  /** @param limit - how many are remembered, ≥ 1 */
  constructor(private readonly limit: number) {}

  /** Remembers the end of `channel`. */
  remember(channel: number, end: PeerEnd): void {
    this.#ends.set(channel, end);
    if (this.#ends.size > this.limit) {
      this.#oldest ??= this.#ends.keys();
      this.#ends.delete((this.#oldest.next() as IteratorYieldResult<number>).value);
    }
  }

  /** The end that came for `channel`, forgotten from now on. */
  take(channel: number): PeerEnd | undefined {
    const end = this.#ends.get(channel);
    if (this.#ends.delete(channel)) {
      this.#oldest = undefined;
    }
    return end;
  }
}
