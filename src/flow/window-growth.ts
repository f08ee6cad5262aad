import type { TimestampProvider } from 'rxjs';

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
   * @param clock - whose ms the round trip is measured in. Ways of less than one of them are taken for none
   */
  constructor(budget: number, clock: TimestampProvider) {
    this.#spare = budget;
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** Time since the beginning, in whole ms, modulo 2^32: a small number, of which every channel keeps two. */
  now(): number {
    return (this.#clock.now() - this.#start) | 0;
  }

  /**
   * It took `ms` from a grant to the first byte that it allowed, where the sender had no credit left.
   *
   * @returns whether that was the way there and back, more or less: the connection stood idle meanwhile for want of
   *   credit. A much longer wait is for something else, as other channels' bytes or a sender that has nothing to say.
   */
  waited(ms: number): boolean {
    this.#roundTrip = Math.min(this.#roundTrip, ms);
    return ms < 2 * this.#roundTrip;
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
