import { advance, distance, MAX_WINDOW } from '../protocol/sequence.js';

/**
 * How much one side of a channel may still send: its credit.
 *
 * The peer grants an absolute edge in the stream ("seen up to `seq`, room for `free` more"), so a grant that crosses
 * bytes on their way counts those bytes as used.
 */
export class SendWindow {
  #seq: number;
  #edge: number;
  /** Bytes sent that the peer has not yet said it has seen. */
  #unacknowledged = 0;
  #acknowledged = 0;

  /** @param seq - bytes sent so far, modulo 2^32 */
  constructor(seq = 0) {
    this.#seq = seq;
    this.#edge = seq;
  }

  /** Bytes sent so far, modulo 2^32. */
  get seq(): number {
    return this.#seq;
  }

  /** Bytes that may be sent now, 0 … 2^31−1. 0 too where the peer has taken back more than was left. */
  get credit(): number {
    return Math.max(0, distance(this.#seq, this.#edge));
  }

  /** Bytes that the peer has said it has seen: all of them, not modulo 2^32. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Bytes that have been sent: all of them, not modulo 2^32. */
  get total(): number {
    return this.#acknowledged + this.#unacknowledged;
  }

  /** Counts `bytes` as sent. They must not be more than {@link credit}. */
  sent(bytes: number): void {
    this.#seq = advance(this.#seq, bytes);
    this.#unacknowledged += bytes;
  }

  /** The peer has seen the bytes up to `seq` and has room for `free` more. Room beyond 2^31−1 is not used. */
  grant(free: number, seq: number): void {
    this.#edge = advance(seq, Math.min(free, MAX_WINDOW));
    const unseen = distance(seq, this.#seq);
    // A peer that says less than before, or more than it was sent, says nothing.
    if (unseen >= 0 && unseen < this.#unacknowledged) {
      this.#acknowledged += this.#unacknowledged - unseen;
      this.#unacknowledged = unseen;
    }
  }
}
