import type { TimestampProvider } from 'rxjs';

/** Times are counted in tenths of a ms: fine enough, and small numbers, of which every channel keeps two. */
const TENTHS = 10;

/** A way there and back of less than 1 ms is no reason to grow: a busy event loop takes as long. */
const WORTH_IT = TENTHS;

/**
 * What the receive windows of a mux share when they grow: the memory that they may take up, and what is known of the
 * way to the peer and back.
 */
export class WindowGrowth {
  readonly #clock: TimestampProvider;
  readonly #start: number;
  #spare: number;
  #roundTrip = Infinity;

  /**
   * @param budget - bytes by which all windows together may grow
   * @param clock - counts ms
   */
  constructor(budget: number, clock: TimestampProvider) {
    this.#spare = budget;
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** Time since the beginning, in tenths of a ms. */
  now(): number {
    return Math.round(TENTHS * (this.#clock.now() - this.#start));
  }

  /**
   * It took `time` from a grant to the first byte that it allowed, where the sender had no credit left.
   *
   * @returns `'way'` where that was the way there and back, more or less: the connection stood idle meanwhile for want
   *   of credit, so more would make it faster. `'queue'` where it took much longer: the bytes had to wait behind others,
   *   and more credit would only make the queue longer. `'unclear'` between the two.
   */
  waited(time: number): 'way' | 'queue' | 'unclear' {
    this.#roundTrip = Math.min(this.#roundTrip, time);
    if (time >= 4 * this.#roundTrip) {
      return 'queue';
    }
    return time >= WORTH_IT && time < 2 * this.#roundTrip ? 'way' : 'unclear';
  }

  /** Whether `time` is little beside the way there and back. */
  isShort(time: number): boolean {
    return 2 * time <= this.#roundTrip;
  }

  /** Takes up to `bytes` out of the budget. Returns how many there were. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.#spare);
    this.#spare -= taken;
    return taken;
  }

  /** Puts `bytes` back. */
  giveBack(bytes: number): void {
    this.#spare += bytes;
  }
}
