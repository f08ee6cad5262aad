import { LEAST_FIRST_WINDOW, type WindowMemory } from './window-memory.js';

/**
 * A window may have all of its `highWaterMark` until three quarters of the memory are in use: 16 times the square of one
 * quarter is 1.
 */
const FULL_WEIGHT = 16;

/** The size of one receive window, and what of the {@link WindowMemory} it takes up. */
export class WindowShare {
  readonly #memory: WindowMemory;
  readonly #highWaterMark: number;
  #size: number;
  /** What of the size is out of the budget for first windows. */
  #ofFirst = 0;
  /** Bytes that count for its share: what has come through the window, up to a limit. */
  #weight = 0;

  /**
   * @param highWaterMark - bytes that the window wants to begin with
   * @param memory - what it shares with the other windows of its mux
   */
  constructor(highWaterMark: number, memory: WindowMemory) {
    this.#memory = memory;
    this.#highWaterMark = highWaterMark;
    this.#size = this.#least;
    const share = Math.min(this.#wanted, memory.shareOfFirst(this.#fullWeight));
    if (share >= Math.min(this.#wanted, LEAST_FIRST_WINDOW)) {
      memory.takeFirst(share);
      this.#ofFirst = share;
      this.#size += share;
      this.#weight = this.#fullWeight;
    } // else it is left to those who will use it
  }

  /** Bytes of the window. */
  get size(): number {
    return this.#size;
  }

  /** Bytes that the window may have now. May be less than it has. */
  get limit(): number {
    const own = Math.min(this.#size - this.#least, this.#wanted);
    const share = this.#memory.shareOfBoth(this.#weight, own);
    if (share < this.#wanted) {
      return this.#least + share;
    }
    const beyond = Math.max(0, this.#size - this.#highWaterMark);
    return this.#highWaterMark + this.#memory.shareOfGrowth(beyond);
  }

  /** `bytes` have come through the window. */
  used(bytes: number): void {
    this.#weight = Math.min(this.#weight + bytes, this.#fullWeight);
  }

  /**
   * Makes the window as large as `size`. One that is to grow must not become larger than its {@link limit}, and not
   * pass its `highWaterMark` in the same step.
   */
  resize(size: number): void {
    const more = size - this.#size;
    this.#size = size;
    if (more > 0) {
      this.#ofFirst += this.#memory.take(more);
    } else {
      const ofFirst = Math.min(this.#ofFirst, -more);
      this.#ofFirst -= ofFirst;
      this.#memory.giveBack(ofFirst, -more - ofFirst);
    }
  }

  /** Gives back all that the window has of the memory. */
  release(): void {
    this.resize(this.#least);
  }

  /** Bytes that need no share. */
  get #least(): number {
    return Math.min(this.#highWaterMark, LEAST_FIRST_WINDOW);
  }

  /** Bytes of the memory that make a whole `highWaterMark`. */
  get #wanted(): number {
    return this.#highWaterMark - this.#least;
  }

  get #fullWeight(): number {
    return FULL_WEIGHT * this.#wanted;
  }
}
