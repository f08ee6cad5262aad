/**
 * How much the peer may still send on a channel, and when to grant it more.
 *
 * Of the window's `size` bytes, some have been granted and not been used (`remaining`), some have arrived and wait for
 * their consumer (`unconsumed`), and the rest, consumed since the last grant, is due to be granted again.
 */
export class ReceiveWindow {
  readonly #size: number;
  #remaining = 0;
  #unconsumed = 0;

  /** @param size - bytes that may be on their way or waiting at once, ≥ 1 */
  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that the peer may still send. 0 until the first {@link grant}; below 0 once it has overrun the window. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Bytes that have arrived and wait for their consumer. */
  get unconsumed(): number {
    return this.#unconsumed;
  }

  /**
   * Whether it is time for a grant: half of the window is due, or something is due and the sender has no credit left.
   * Smaller grants would cost a message for every few bytes read.
   */
  get isGrantDue(): boolean {
    const due = this.#size - this.#unconsumed - Math.max(0, this.#remaining);
    return due > 0 && (due * 2 >= this.#size || this.#remaining <= 0);
  }

  /** Counts `bytes` as arrived. */
  received(bytes: number): void {
    this.#remaining -= bytes;
    this.#unconsumed += bytes;
  }

  /** Counts `bytes` that had arrived as consumed. */
  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
  }

  /** Grants all that is due. Returns the bytes that the peer may send from now on. */
  grant(): number {
    this.#remaining = Math.max(0, this.#size - this.#unconsumed);
    return this.#remaining;
  }
}
