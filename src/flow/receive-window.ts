import { WindowGrowth } from './window-growth.js';

/** What is known of a sender that may be waiting for a grant though it has credit: nothing, or that it does not do so. */
const UNKNOWN = 0;
const NEVER_WAITS = -1;

/** What `#waitsSince` is where the sender is not known to be out of credit. */
const NOT_WAITING = -1;

/** Bytes of a window that has a connection to itself. With less under way the two ends would take turns. */
const SIZE_ALONE = 262_144;

/** Windows that begin with less are small on purpose. */
const USUAL_SIZE = 65_536;

/** For a window that keeps its size. */
const NO_GROWTH = new WindowGrowth(0, { now: () => 0 });

/**
 * How much the peer may still send on a channel, and when to grant it more.
 *
 * Of the window's `size` bytes, some have been granted and not been used (`remaining`), some have arrived and wait for
 * their consumer (`unconsumed`), and the rest, consumed since the last grant, is due to be granted again.
 *
 * A window that is used up while its consumer keeps up becomes as large as the {@link WindowGrowth} of its mux says, to
 * which it reports how long its sender had to wait for the grant; and it becomes smaller again with it.
 */
export class ReceiveWindow {
  readonly #initialSize: number;
  readonly #maxSize: number;
  readonly #growth: WindowGrowth;
  #size: number;
  #remaining = 0;
  #unconsumed = 0;

  /** `remaining` at the last grant. */
  #granted = 0;
  /**
   * What `remaining` would be without the grants from `#watchedAt` on: at 0, a sender that had not got them yet had to
   * stop. One edge of the credit is watched at a time.
   */
  #remainingBefore = 0;
  #watchedAt = 0;
  /** When the grant was given that a sender without credit waits for; until there is one, when it had to stop. */
  #waitsSince = NOT_WAITING;
  /** Whether the sender has used up its credit while the consumer kept up. */
  #hasUsedAll = false;
  #isTooSmall = false;

  /** Bytes that are enough for a grant when they are due. */
  #threshold: number;
  /** Bytes after which the sender has been found waiting; or what else is known of it. */
  #waitedAfter = UNKNOWN;
  #isOverdue = false;

  /**
   * @param size - bytes that may be on their way or waiting at once, ≥ 1
   * @param maxSize - bytes that the window may grow to
   * @param growth - what it grows by
   */
  constructor(size: number, maxSize = size, growth = NO_GROWTH) {
    this.#initialSize = size;
    this.#size = size;
    this.#maxSize = maxSize;
    this.#growth = growth;
    this.#threshold = this.#usualThreshold;
  }

  /** Bytes that may be on their way or waiting at once. */
  get size(): number {
    return this.#size;
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
   * Whether it is time for a grant: half of the window is due (less where it has grown), or something is due and the
   * sender has no credit left. Smaller grants would cost a message for every few bytes read.
   */
  get isGrantDue(): boolean {
    const due = this.#due;
    return due > 0 && (due >= this.#threshold || this.#remaining <= 0 || this.#isOverdue);
  }

  /**
   * Whether something is due that is not enough for a grant, so that {@link peerIsQuiet} must be called if the peer
   * sends no more: it may be one that waits for a grant before it has used all its credit.
   */
  get mayStallPeer(): boolean {
    return this.#waitedAfter !== NEVER_WAITS && this.#due > 0 && !this.isGrantDue;
  }

  /** Counts `bytes` as arrived. */
  received(bytes: number): void {
    if (this.#waitsSince !== NOT_WAITING) {
      this.#senderGoesOn();
    }
    const keepsUp = this.#unconsumed * 2 <= this.#size;
    this.#remaining -= bytes;
    this.#remainingBefore -= bytes;
    this.#unconsumed += bytes;
    if (this.#remaining === 0 || this.#remainingBefore === 0) {
      this.#hasUsedAll = keepsUp;
      this.#waitsSince = this.#remaining === 0 ? this.#growth.now() : this.#watchedAt;
    }
    // Twice as much, since a grant may have met the first half on its way.
    if (this.#waitedAfter > 0 && this.#granted - this.#remaining > 2 * this.#waitedAfter) {
      this.#waitedAfter = NEVER_WAITS;
      this.#threshold = this.#usualThreshold;
    }
  }

  /** Counts `bytes` that had arrived as consumed. */
  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
  }

  /** Grants all that is due. Returns the bytes that the peer may send from now on. */
  grant(): number {
    const now = this.#growth.now();
    if (this.#remaining <= 0) {
      this.#hasUsedAll &&= this.#growth.isShort(now - this.#waitsSince);
      this.#waitsSince = now;
    }
    if (this.#remainingBefore <= 0) {
      this.#remainingBefore = this.#remaining;
      this.#watchedAt = now;
    }
    this.#resize();
    this.#isOverdue = false;
    this.#remaining = Math.max(0, this.#remaining, this.#size - this.#unconsumed);
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
      this.#threshold = Math.min(sinceGrant, this.#usualThreshold);
    }
    this.#waitedAfter = sinceGrant;
  }

  /** The channel is gone: gives back what the window has grown by. */
  release(): void {
    this.#growth.giveBack(this.#size - this.#initialSize);
    this.#growth.forget(this);
    this.#size = this.#initialSize;
  }

  /**
   * Bytes due that are enough for a grant, so that there are few of them: half of the window. A window that has grown to
   * what is under way at a time needs more of them: with half of it in each grant, the line would be idle at times.
   */
  get #usualThreshold(): number {
    return Math.max(Math.ceil(this.#initialSize / 2), Math.ceil(this.#size / 8));
  }

  get #due(): number {
    return this.#usable - this.#unconsumed - Math.max(0, this.#remaining);
  }

  /** What of the window may be granted: a window that is to shrink waits until no more than that is under way. */
  get #usable(): number {
    return this.#size === this.#initialSize ? this.#size : Math.min(this.#size, this.#target);
  }

  /** What the window is meant to be. */
  get #target(): number {
    const isAlone = this.#initialSize >= USUAL_SIZE && this.#growth.isAlone(this);
    const least = isAlone ? Math.max(this.#initialSize, SIZE_ALONE) : this.#initialSize;
    return Math.max(this.#initialSize, Math.min(least * this.#growth.factor, this.#maxSize));
  }

  /** The first byte has come that a grant allowed which the sender was waiting for. */
  #senderGoesOn(): void {
    const time = this.#growth.now() - this.#waitsSince;
    this.#waitsSince = NOT_WAITING;
    if (!this.#hasUsedAll) {
      this.#growth.sawRoundTrip(time);
      return;
    }
    this.#hasUsedAll = false;
    this.#growth.usedUpBy(this);
    if (this.#size >= this.#target) {
      this.#growth.usedUp(time, this.#size < this.#maxSize);
    }
    this.#isTooSmall = true;
  }

  /** Grows, where the window was too small, or shrinks, now that no more than that is under way. */
  #resize(): void {
    const size = this.#size;
    const target = this.#target;
    if (size > target) {
      this.#growth.giveBack(size - target);
      this.#size = target;
    } else if (size < target && this.#isTooSmall) {
      this.#size += this.#growth.take(target - size);
    }
    this.#isTooSmall = false;
    if (this.#size !== size) {
      this.#threshold = this.#usualThreshold;
    }
  }
}
