/**
 * The least first window of a channel, in bytes, however many channels are open; the application's `highWaterMark`
 * where that is less. It is no part of {@link WindowMemory}: each channel that may be open has it for itself.
 */
export const LEAST_FIRST_WINDOW = 2048;

/**
 * The memory that all receive windows of a mux share, beyond {@link LEAST_FIRST_WINDOW} for each.
 *
 * Windows begin out of the budget `first`. They grow to their `highWaterMark` out of both budgets, and beyond it out of
 * `growth` alone.
 *
 * How much one window may have falls with the square of the fraction that is left. So it is all that it wants while
 * there is plenty. Many windows get little each, and there is something left for those that come later.
 */
export class WindowMemory {
  readonly #first: number;
  readonly #growth: number;
  #firstLeft: number;
  #growthLeft: number;

  /**
   * @param first - bytes that windows may begin with
   * @param growth - bytes that windows may grow by
   */
  constructor(first: number, growth: number) {
    this.#first = first;
    this.#growth = growth;
    this.#firstLeft = first;
    this.#growthLeft = growth;
  }

  /** Bytes that are in use. */
  get used(): number {
    return this.#first - this.#firstLeft + this.#growth - this.#growthLeft;
  }

  /**
   * Bytes that a window may have at its beginning.
   *
   * @param weight - see {@link shareOfBoth}
   */
  shareOfFirst(weight: number): number {
    return share(weight, this.#firstLeft, this.#first);
  }

  /**
   * Bytes that a window may have up to its `highWaterMark`.
   *
   * @param weight - what it could have, were everything free
   * @param own - what it has now
   */
  shareOfBoth(weight: number, own: number): number {
    return share(weight, own + this.#firstLeft + this.#growthLeft, this.#first + this.#growth);
  }

  /**
   * Bytes that a window may have beyond its `highWaterMark`: no more than it leaves to others.
   *
   * @param own - what it has now
   */
  shareOfGrowth(own: number): number {
    return Math.floor((own + this.#growthLeft) / 2);
  }

  /** Takes `bytes` for the beginning of a window. */
  takeFirst(bytes: number): void {
    this.#firstLeft -= bytes;
  }

  /** Takes `bytes` for a window that grows. Returns how many of them came out of `first`: what `growth` does not have. */
  take(bytes: number): number {
    const ofGrowth = Math.min(bytes, this.#growthLeft);
    this.#growthLeft -= ofGrowth;
    this.#firstLeft -= bytes - ofGrowth;
    return bytes - ofGrowth;
  }

  /** Puts bytes back, each into the budget that they came from. */
  giveBack(ofFirst: number, ofGrowth: number): void {
    this.#firstLeft += ofFirst;
    this.#growthLeft += ofGrowth;
  }
}

/**
 * What one may have of `free` bytes so that it is `weight` times the square of the fraction of `total` that it leaves.
 */
function share(weight: number, free: number, total: number): number {
  if (free <= 0) {
    return 0;
  }
  const left = (2 * free) / (1 + Math.sqrt(1 + (4 * weight * free) / total / total));
  return Math.floor(free - left);
}
