/**
 * The largest (or smallest) of the values that have come of late. A value is forgotten when it is between one and two
 * periods old; of the time without values nothing is forgotten.
 *
 * ```text
 * values   5 3 4|3 2 4|1 2 2|     largest, a period of three
 * result   5 5 5|5 5 5|4 4 4|
 * ```
 */
export class RecentExtreme {
  readonly #better: (one: number, other: number) => number;
  #earlier: number | undefined;
  #latest: number | undefined;
  #since = 0;
  #value: number | undefined;

  /** @param better - `Math.max` or `Math.min` */
  constructor(better: (one: number, other: number) => number) {
    this.#better = better;
  }

  /** `undefined` before the first value. */
  get value(): number | undefined {
    return this.#value;
  }

  /**
   * Takes a value in. With it a new period begins where the last one has taken `period`.
   *
   * @returns the extreme now
   */
  add(value: number, now: number, period: number): number {
    if (now - this.#since >= period) {
      this.#earlier = this.#latest;
      this.#latest = undefined;
      this.#since = now;
    }
    const latest = this.#latest === undefined ? value : this.#better(this.#latest, value);
    this.#latest = latest;
    this.#value = this.#earlier === undefined ? latest : this.#better(this.#earlier, latest);
    return this.#value;
  }
}
