/**
 * The least first window of a channel, in bytes, however many channels are open; the application's `highWaterMark`
 * where that is less. It is no part of {@link WindowMemory}: each channel that may be open has it for itself.
 */
export const LEAST_FIRST_WINDOW = 2048;

/**
 * The memory that all receive windows of a mux share, beyond {@link LEAST_FIRST_WINDOW} for each.
 *
 * Windows begin out of the budget `first`. They grow to their `highWaterMark` out of both budgets, and beyond it out of
 * `growth` alone. A quarter of `growth` is kept for loans, as long as windows want no more than their `highWaterMark`: see
 * `WindowLoans`.
 *
 * How much one window may have falls with the square of the fraction that is left. So it is all that it wants while
 * there is plenty. Many windows get little each, and there is something left for those that come later.
 */
export class WindowMemory {
  readonly #first: number;
  /** Bytes that windows may grow by. */
  readonly growth: number;
  /** What may be lent at the same time. */
  readonly #lendable: number;
  #firstLeft: number;
  #growthLeft: number;
  #lent = 0;

  /**
   * @param first - bytes that windows may begin with
   * @param growth - bytes that windows may grow by
   */
  constructor(first: number, growth: number) {
    this.#first = first;
    this.growth = growth;
    this.#lendable = Math.floor(growth / 4);
    this.#firstLeft = first;
    this.#growthLeft = growth;
  }

  /** Bytes that are in use. */
  get used(): number {
    return this.#first - this.#firstLeft + this.growth - this.#growthLeft;
  }

  /** Bytes that they have grown by, loans included. */
  get grown(): number {
    return this.growth - this.#growthLeft;
  }

  /**
   * Bytes that a window may have at its beginning.
   *
   * @param weight - see {@link shareOfBoth}
   * @param wanted - it is to have no more
   */
  shareOfFirst(weight: number, wanted = Infinity): number {
    return share(weight, this.#firstLeft, this.#first, wanted);
  }

  /**
   * Bytes that a window may have up to its `highWaterMark`.
   *
   * @param weight - what it could have, were everything free
   * @param own - what it has now
   * @param wanted - it is to have no more
   */
  shareOfBoth(weight: number, own: number, wanted = Infinity): number {
    const total = this.#first + this.growth - this.#lendable;
    return share(weight, own + this.#firstLeft + this.#growthLeftForMarks(), total, wanted);
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

  /**
   * Takes `bytes` for a window that grows to its `highWaterMark`. Returns how many of them came out of `first`: what
   * `growth` does not have.
   */
  take(bytes: number): number {
    const ofGrowth = Math.min(bytes, this.#growthLeftForMarks());
    this.#growthLeft -= ofGrowth;
    this.#firstLeft -= bytes - ofGrowth;
    return bytes - ofGrowth;
  }

  /** Takes `bytes` for a window that grows beyond its `highWaterMark`. */
  takeGrowth(bytes: number): void {
    this.#growthLeft -= bytes;
  }

  /** Whether `bytes` can ever be lent at once. */
  mayLend(bytes: number): boolean {
    return bytes <= this.#lendable;
  }

  /** Lends `bytes`, if there are so many. */
  lend(bytes: number): boolean {
    const isThere = this.#lent + bytes <= this.#lendable && bytes <= this.#growthLeft;
    if (isThere) {
      this.#lent += bytes;
      this.#growthLeft -= bytes;
    }
    return isThere;
  }

  /** Puts bytes back, each into the budget that they came from. */
  giveBack(ofFirst: number, ofGrowth: number): void {
    this.#firstLeft += ofFirst;
    this.#growthLeft += ofGrowth;
  }

  /** Puts back `bytes` that were lent. */
  giveBackLent(bytes: number): void {
    this.#lent -= bytes;
    this.#growthLeft += bytes;
  }

  /** What is left of `growth` for windows that want no more than their `highWaterMark`. */
  #growthLeftForMarks(): number {
    return Math.max(0, this.#growthLeft - (this.#lendable - this.#lent));
  }
}

/**
 * What one may have of `free` bytes so that it is `weight` times the square of the fraction of `total` that it leaves; but no
 * more than `wanted`. While there is plenty it is that, which shows without a root.
 */
function share(weight: number, free: number, total: number, wanted: number): number {
  if (free <= 0) {
    return 0;
  }
  const rest = free - wanted;
  if (rest >= 0 && weight * rest * rest >= wanted * total * total) {
    return wanted;
  }
  const left = (2 * free) / (1 + Math.sqrt(1 + (4 * weight * free) / total / total));
  return Math.min(wanted, Math.floor(free - left));
}
