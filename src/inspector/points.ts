/** Points that are kept. */
const MAX_POINTS = 600;

/** Values over time, as a chart wants them: a column of times, in order, and one for each line. */
export class Points {
  readonly #lines: number;
  #times: number[] = [];
  #values: number[][] = [];

  /** @param lines - how many values a point has */
  constructor(lines: number) {
    this.#lines = lines;
    this.clear();
  }

  /** The times in seconds since 1970, and the values of each line. */
  get columns(): readonly (readonly number[])[] {
    return [this.#times, ...this.#values];
  }

  /** Forgets what was. */
  clear(): void {
    this.#times = [];
    this.#values = Array.from({ length: this.#lines }, () => []);
  }

  /**
   * One more point; of a moment that is there already, none. Where the clock has been put back, they begin anew.
   *
   * @param at - ms since 1970
   * @param values - one for each line
   */
  add(at: number, values: readonly number[]): void {
    const seconds = at / 1000;
    const last = this.#times.at(-1) ?? -Infinity;
    if (seconds === last) {
      return;
    }
    if (seconds < last) {
      this.clear();
    }
    this.#times.push(seconds);
    values.forEach((value, line) => this.#values[line]?.push(value));
    if (this.#times.length > MAX_POINTS) {
      [this.#times, ...this.#values].forEach((column) => column.shift());
    }
  }
}
