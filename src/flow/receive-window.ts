import { SharedWindow } from './shared-window.js';
import { WindowGrowth } from './window-growth.js';
import { type Borrower, LoanPlace, WindowLoans } from './window-loans.js';
import { WindowMemory } from './window-memory.js';
import { NEVER_STOPS, WindowUse } from './window-use.js';

/** Value of `#waitsSince` while the peer is not known to be out of credit. */
const NOT_WAITING = -1;

/** An application that asks for less than this wants a small window, also for a channel alone. */
const USUAL_SIZE = 65_536;

/** For a window that always has its `highWaterMark`. */
const NO_CLOCK = { now: () => 0 };
const NO_GROWTH = new WindowGrowth(
  new WindowLoans(new WindowMemory(Number.MAX_SAFE_INTEGER, 0), NO_CLOCK),
  NO_CLOCK,
);

/**
 * The receive window of a channel: how much the peer may still send, and when it is granted more.
 *
 * Of the window's `size` bytes, some are granted and not yet used (`remaining`), and some have arrived and wait for
 * their consumer (`unconsumed`). The rest has been consumed since the last grant: it is due for the next one.
 *
 * - The window begins with its `highWaterMark`, or with less where many channels are open.
 * - It grows up to its `highWaterMark` whenever the peer has used it up and the consumer keeps up. The first whole window ends
 *   where it would, had the window been whole from the beginning.
 * - Beyond that it grows to 256 KiB, or what the carrier holds, where no other window is used up, and where the peer waits
 *   for credit for a round trip, as far as {@link WindowGrowth} says.
 * - {@link SharedWindow} keeps account of the memory, and limits all of this. Where that gives less than the
 *   `highWaterMark`, the window waits for a loan each time that it has been used up, and for nothing less where that comes
 *   soon: see {@link WindowLoans}.
 * - The window shrinks when that limit falls, or what {@link WindowGrowth} says. What has been granted is never taken
 *   back: the next grants are smaller, or come later.
 */
export class ReceiveWindow extends SharedWindow {
  readonly #maxSize: number;
  readonly #growth: WindowGrowth;
  #remaining = 0;
  #unconsumed = 0;

  /** When the grant was given that the peer waits for; before that, when the peer's credit was used up. */
  #waitsSince = NOT_WAITING;
  /** Due bytes that are enough for a grant. */
  #threshold: number;
  /** Since the first byte. */
  #use: WindowUse | undefined;
  /** A loan that would make it a whole window: the window waits for it; has it, and has not granted it yet. */
  #loan: 'none' | 'awaited' | 'new' = 'none';
  /** Where it waits for that. */
  #place: LoanPlace | undefined;

  /**
   * @param highWaterMark - bytes that the window has at first, and where it does not grow, ≥ 1
   * @param maxSize - bytes that the window may grow to; nothing given: it does not grow beyond `highWaterMark`
   * @param growth - what the windows of a mux share; nothing given: the window has its `highWaterMark` in any case
   */
  constructor(highWaterMark: number, maxSize = highWaterMark, growth = NO_GROWTH) {
    super(highWaterMark, growth.loans);
    this.#maxSize = maxSize;
    this.#growth = growth;
    this.#threshold = this.#usualThreshold();
  }

  /** Bytes that the peer may still send. 0 until the first {@link grant}; below 0 once it has sent too much. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Bytes that have arrived and wait for their consumer. */
  get unconsumed(): number {
    return this.#unconsumed;
  }

  /**
   * Whether it is time for a grant: enough is due (half of the window; less where it has grown), or something is due and
   * the peer has no credit. Smaller grants would cost a message for every few bytes read.
   */
  get isGrantDue(): boolean {
    return this.#isEnough(this.#consumedSinceGrant()) && this.#isEnough(this.#due());
  }

  /**
   * Whether something is due that is not enough for a grant. Then {@link peerIsQuiet} must be called if the peer sends
   * no more: some wait for a grant before their credit is used up.
   */
  get mayStallPeer(): boolean {
    return (
      this.#use?.stopsAfter !== NEVER_STOPS && !this.#isHeldBack() && this.#due() > 0 && !this.isGrantDue
    );
  }

  /** Counts `bytes` as arrived. */
  received(bytes: number): void {
    const use = (this.#use ??= new WindowUse(this.#remaining));
    if (this.#waitsSince !== NOT_WAITING) {
      this.#peerGoesOn(use);
    }
    const keepsUp = this.#consumerIsClose();
    this.#remaining -= bytes;
    use.remainingBefore -= bytes;
    this.#unconsumed += bytes;
    if (this.#remaining === 0 || use.remainingBefore === 0) {
      use.isUsedUp = true;
      use.consumerKeepsUp = keepsUp;
      this.#waitsSince = this.#remaining === 0 ? this.#growth.now() : use.watchedAt;
    }
    // Twice as much, since these may be two pieces: a grant may have crossed the first one on its way.
    if (use.stopsAfter > 0 && use.granted - this.#remaining > 2 * use.stopsAfter) {
      use.stopsAfter = NEVER_STOPS;
      this.#threshold = this.#usualThreshold();
    }
  }

  /** Counts `bytes` that had arrived as consumed. */
  consumed(bytes: number): void {
    this.#unconsumed -= bytes;
    if (this.#use !== undefined) {
      this.#use.consumed += bytes;
    }
  }

  /** Since when bytes wait of which the consumer takes none: what it was told last. */
  get unreadSince(): number {
    return this.#use?.unreadSince ?? 0;
  }

  set unreadSince(time: number) {
    if (this.#use !== undefined) {
      this.#use.unreadSince = time;
    }
  }

  /** Bytes that have arrived: all of them. */
  get total(): number {
    return (this.#use?.consumed ?? 0) + this.#unconsumed;
  }

  /** Counts `bytes`, not more than the least first window, as granted: the peer has been told of them beforehand. */
  promise(bytes: number): void {
    this.#remaining = bytes;
  }

  /**
   * Grants all that is due. Returns the bytes that the peer may send from now on.
   *
   * @param borrower - has {@link borrow} called when it is its turn, where a loan would make it a whole window; nothing given:
   * it takes no loans
   * @param atOnce - whether something is granted also where a loan will come soon. That brings all at once: what there is
   * before would be one more message, and one more frame
   */
  grant(borrower?: Borrower, atOnce = true): number {
    const use = this.#use;
    const now = this.#growth.now();
    if (use !== undefined) {
      this.used(use.granted - this.#remaining);
    }
    if (this.#remaining <= 0) {
      if (use?.consumerKeepsUp === true) {
        use.consumerKeepsUp = this.#growth.isShort(now - this.#waitsSince);
      }
      this.#waitsSince = now;
    }
    this.#resize(borrower);
    const before = this.#remaining;
    const isNow = atOnce || !this.#isHeldBack();
    this.#remaining = Math.max(0, before, isNow ? this.size - this.#unconsumed : 0);
    if (use !== undefined) {
      if (use.remainingBefore <= 0) {
        use.remainingBefore = before;
        use.watchedAt = now;
      }
      use.granted = this.#remaining;
      use.isOverdue = false;
    }
    return this.#remaining;
  }

  /**
   * The peer has sent nothing for a while: what is due is to be granted, be it not enough. Where it stops a second time
   * after as many bytes, so many are enough from then on, until it sends more at once.
   */
  peerIsQuiet(): void {
    const use = (this.#use ??= new WindowUse(this.#remaining));
    if (use.stopsAfter === NEVER_STOPS || this.#isHeldBack()) {
      return;
    }
    use.isOverdue = true;
    const sinceGrant = use.granted - this.#remaining;
    if (sinceGrant === use.stopsAfter) {
      this.#threshold = Math.min(sinceGrant, this.#usualThreshold());
    }
    use.stopsAfter = sinceGrant;
  }

  override borrow(): boolean {
    const hasLoan = super.borrow(this.#whole());
    if (hasLoan) {
      this.#loan = 'new';
      this.#threshold = this.#usualThreshold();
    }
    return hasLoan;
  }

  /** The channel is gone: gives back the memory. */
  override release(): void {
    if (this.#place !== undefined) {
      this.loans.forget(this.#place);
    }
    super.release();
    this.#growth.forget(this);
  }

  /**
   * Half of the window, so that there are few grants. A window beyond its `highWaterMark` is as large as what is under
   * way at a time. With half of it in each grant the line would be idle at times, so there an eighth is enough.
   */
  #usualThreshold(): number {
    const { size } = this;
    return Math.max(Math.ceil(Math.min(size, this.highWaterMark) / 2), Math.ceil(size / 8));
  }

  #consumerIsClose(): boolean {
    return this.#unconsumed * 2 <= this.size;
  }

  #consumedSinceGrant(): number {
    return this.size - this.#unconsumed - Math.max(0, this.#remaining);
  }

  /** Bytes that a grant would add: none while the window is to shrink, and more than that is under way. */
  #due(): number {
    const { size } = this;
    const limit = this.#loan === 'new' ? size : Math.min(size, this.#target(), this.limit);
    return this.#consumedSinceGrant() - (size - limit);
  }

  #isEnough(due: number): boolean {
    const isTime = due >= this.#threshold || this.#remaining <= 0;
    return due > 0 && (this.#use?.isOverdue === true || (isTime && !this.#isHeldBack()));
  }

  /** Whether nothing is granted until a loan has come. */
  #isHeldBack(): boolean {
    return this.#loan === 'awaited' && this.loans.isQuick;
  }

  /**
   * What a window that had less is to become first: its `highWaterMark`, or less where it then ends as if it had always had that.
   * Senders write in pieces of which a whole window holds a whole number, mostly. Out of step with them each window ends within
   * a piece, which takes two frames, or two chunks of one.
   */
  #whole(): number {
    const { highWaterMark } = this;
    const left = highWaterMark - ((this.total - this.#unconsumed) % highWaterMark);
    return left < highWaterMark / 4 ? highWaterMark : left; // not for one small window
  }

  /** What the window should be, had it the memory. */
  #target(): number {
    const isAlone = this.highWaterMark >= USUAL_SIZE && this.#growth.isAlone(this);
    const least = isAlone ? Math.max(this.highWaterMark, this.#growth.sizeAlone) : this.highWaterMark;
    return Math.max(this.highWaterMark, Math.min(least * this.#growth.factor, this.#maxSize));
  }

  /** The first byte has come that needed a grant which the peer had to wait for. */
  #peerGoesOn(use: WindowUse): void {
    const time = this.#growth.now() - this.#waitsSince;
    this.#waitsSince = NOT_WAITING;
    if (!use.consumerKeepsUp) {
      this.#growth.sawRoundTrip(time);
      return;
    }
    use.consumerKeepsUp = false;
    this.#growth.usedUpBy(this);
    if (this.size >= this.#target()) {
      this.#growth.usedUp(time, this.size < this.#maxSize);
    }
    use.isTooSmall = true;
  }

  /** Grows, where the window was too small; shrinks, as far as no more than that is under way. */
  #resize(borrower: Borrower | undefined): void {
    const use = this.#use;
    if (use === undefined) {
      return; // it is as it began
    }
    if (this.#loan === 'new') {
      this.#loan = 'none';
      return;
    }
    const { highWaterMark } = this;
    const isWantedWhole = use.isUsedUp && this.#consumerIsClose();
    const underWay = Math.min(this.size, this.#unconsumed + Math.max(0, this.#remaining));
    if (this.hasLoan && underWay > this.limit) {
      return; // it cannot do without
    }
    this.payBack();
    const { size } = this;
    const whole = this.#whole();
    const wanted = size >= highWaterMark ? this.#nextSize(use) : isWantedWhole ? Math.max(size, whole) : size;
    const next = Math.max(Math.min(wanted, this.limit), underWay);
    use.isTooSmall = false;
    if (next !== size) {
      this.resize(next);
      this.#threshold = this.#usualThreshold();
    }
    if (isWantedWhole) {
      use.isUsedUp = false;
      if (borrower !== undefined && next < whole && this.loans.memory.mayLend(highWaterMark - next)) {
        this.#awaitLoan(borrower);
      }
    }
  }

  /** Waits for a loan, or has it now, where there is one. */
  #awaitLoan(borrower: Borrower): void {
    this.#loan = 'awaited';
    this.loans.wait((this.#place ??= new LoanPlace(borrower)));
    if (this.hasLoan) {
      this.#loan = 'none'; // there was one, which is granted now
    }
  }

  /** What a window that has its `highWaterMark` should be from this grant on, had it the memory. */
  #nextSize({ isTooSmall }: WindowUse): number {
    return isTooSmall ? this.#target() : Math.min(this.size, this.#target());
  }
}
