import type { WindowLoans } from './window-loans.js';
import { LEAST_FIRST_WINDOW, type WindowMemory } from './window-memory.js';

/**
 * A window may have all of its `highWaterMark` until three quarters of the memory are in use: 16 times the square of one
 * quarter is 1.
 */
const FULL_WEIGHT = 16;

/** A window as the memory sees it: its size, and where that comes from. */
export class SharedWindow {
  readonly highWaterMark: number;
  protected readonly loans: WindowLoans;
  #size: number;
  /** What of the size is out of the budget for first windows. */
  #ofFirst = 0;
  /** What of the size is a loan. */
  #lent = 0;
  /** Bytes that count for its share: what has come through the window, up to a limit. */
  #weight = 0;

  /**
   * @param highWaterMark - bytes that the window wants to begin with
   * @param loans - of the memory that it shares with the other windows of its mux
   */
  constructor(highWaterMark: number, loans: WindowLoans) {
    this.loans = loans;
    this.highWaterMark = highWaterMark;
    this.#size = this.#least();
    const wanted = this.#wanted();
    const share = this.#memory().shareOfFirst(this.#fullWeight(), wanted);
    if (share >= Math.min(wanted, LEAST_FIRST_WINDOW)) {
      this.#memory().takeFirst(share);
      this.#ofFirst = share;
      this.#size += share;
      this.#weight = this.#fullWeight();
    } // else it is left to those who will use it
  }

  /** Bytes of the window. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that the window may have now, without a loan. May be less than it has. */
  get limit(): number {
    const wanted = this.#wanted();
    const own = Math.min(this.#size - this.#lent - this.#least(), wanted);
    const share = this.#memory().shareOfBoth(this.#weight, own, wanted);
    if (share < wanted) {
      return this.#least() + share;
    }
    const beyond = Math.max(0, this.#size - this.highWaterMark);
    return this.highWaterMark + this.#memory().shareOfGrowth(beyond);
  }

  /** `bytes` have come through the window. */
  used(bytes: number): void {
    this.#weight = Math.min(this.#weight + bytes, this.#fullWeight());
  }

  /**
   * Makes the window, without a loan, as large as `size`. One that is to grow must not become larger than its
   * {@link limit}, and not pass its `highWaterMark` in the same step.
   */
  resize(size: number): void {
    const more = size - this.#size;
    this.#size = size;
    if (more > 0) {
      this.#ofFirst += this.#take(more);
      return;
    }
    const ofFirst = Math.min(this.#ofFirst, -more);
    this.#ofFirst -= ofFirst;
    this.#memory().giveBack(ofFirst, -more - ofFirst);
  }

  /**
   * Takes a loan of what it has less than `size`, to be given back when that has been used up.
   *
   * @param size - bytes, not more than its `highWaterMark`
   * @returns `false` where there is nothing to be lent now
   */
  borrow(size: number): boolean {
    const bytes = Math.max(0, size - this.#size);
    if (!this.#memory().lend(bytes)) {
      return false;
    }
    this.#lent += bytes;
    this.#size += bytes;
    return true;
  }

  /** Whether a part of the size is a loan. */
  get hasLoan(): boolean {
    return this.#lent > 0;
  }

  /** Gives back the loan. Others may get it at once. */
  payBack(): void {
    if (this.hasLoan) {
      const bytes = this.#lent;
      this.#lent = 0;
      this.#size -= bytes;
      this.loans.giveBack(bytes);
    }
  }

  /** Gives back all that the window has of the memory. */
  release(): void {
    this.payBack();
    this.resize(this.#least());
  }

  #memory(): WindowMemory {
    return this.loans.memory;
  }

  #take(bytes: number): number {
    if (this.#size > this.highWaterMark) {
      this.#memory().takeGrowth(bytes);
      return 0;
    }
    return this.#memory().take(bytes);
  }

  /** Bytes that need no share. */
  #least(): number {
    return Math.min(this.highWaterMark, LEAST_FIRST_WINDOW);
  }

  /** Bytes of the memory that make a whole `highWaterMark`. */
  #wanted(): number {
    return this.highWaterMark - this.#least();
  }

  #fullWeight(): number {
    return FULL_WEIGHT * this.#wanted();
  }
}
