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

  /** Counts `bytes` as sent. They must not be more than {@link credit}. */
  sent(bytes: number): void {
    this.#seq = advance(this.#seq, bytes);
  }

  /** The peer has seen the bytes up to `seq` and has room for `free` more. Room beyond 2^31−1 is not used. */
  grant(free: number, seq: number): void {
    this.#edge = advance(seq, Math.min(free, MAX_WINDOW));
  }
}
