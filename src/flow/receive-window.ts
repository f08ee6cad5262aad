/** What is known of a sender that may be waiting for a grant though it has credit: nothing, or that it does not do so. */
const UNKNOWN = 0;
const NEVER_WAITS = -1;

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
  /** `remaining` at the last grant. */
  #granted = 0;
  /** Bytes that are enough for a grant when they are due. */
  #enough: number;
  /** Bytes after which the sender has been found waiting; or what else is known of it. */
  #waitedAfter = UNKNOWN;
  #isOverdue = false;

  /** @param size - bytes that may be on their way or waiting at once, ≥ 1 */
  constructor(size: number) {
    this.#size = size;
    this.#enough = half(size);
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
    const due = this.#due;
    return due > 0 && (due >= this.#enough || this.#remaining <= 0 || this.#isOverdue);
  }

  /**
   * Whether something is due that is not enough for a grant, so that {@link peerIsQuiet} must be called if the peer
   * sends no more: it may be one that waits for a grant before it has used all its credit.
   */
  get mayBeAwaited(): boolean {
    return this.#waitedAfter !== NEVER_WAITS && this.#due > 0 && !this.isGrantDue;
  }

  /** Counts `bytes` as arrived. */
  received(bytes: number): void {
    this.#remaining -= bytes;
    this.#unconsumed += bytes;
    // Twice as much, since a grant may have met the first half on its way.
    if (this.#waitedAfter > 0 && this.#granted - this.#remaining > 2 * this.#waitedAfter) {
      this.#waitedAfter = NEVER_WAITS;
      this.#enough = half(this.#size);
    }
  }

  /** Counts `bytes` that had arrived as consumed. */
  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
  }

  /** Grants all that is due. Returns the bytes that the peer may send from now on. */
  grant(): number {
    this.#isOverdue = false;
    this.#remaining = Math.max(0, this.#size - this.#unconsumed);
    this.#granted = this.#remaining;
    return this.#remaining;
  }

  /**
   * The peer has sent nothing for a while: what is due is to be granted, be it not enough. Where it stops a second time
   * after as many bytes, so many are enough from then on, until it sends more at once.
   */
  peerIsQuiet(): void {
    if (this.#waitedAfter === NEVER_WAITS) {
      return;
    }
    this.#isOverdue = true;
    const sinceGrant = this.#granted - this.#remaining;
    if (sinceGrant === this.#waitedAfter) {
      this.#enough = Math.min(sinceGrant, half(this.#size));
    }
    this.#waitedAfter = sinceGrant;
  }

  get #due(): number {
    return this.#size - this.#unconsumed - Math.max(0, this.#remaining);
  }
}

const half = (size: number): number => Math.ceil(size / 2);
