/** Points that are kept. */
const MAX_POINTS = 600;

/** Values over time, as a chart wants them: a column of times, in order, and one for each line. */
export class Points {
  readonly #lines: number;
  #columns: number[][] = [];

  /** @param lines - how many values a point has */
  constructor(lines: number) {
    this.#lines = lines;
    this.clear();
  }

  /** The times in seconds since 1970, and the values of each line. */
  get columns(): readonly (readonly number[])[] {
    return this.#columns;
  }

  /** Forgets what was. */
  clear(): void {
    this.#columns = Array.from({ length: this.#lines + 1 }, () => []);
  }

  /**
   * One more point; of a moment that is there already, none. Where the clock has been put back, they begin anew.
   *
   * @param at - ms since 1970
   * @param values - one for each line
   */
  add(at: number, values: readonly number[]): void {
    const seconds = at / 1000;
    const last = this.#columns[0]?.at(-1) ?? -Infinity;
    if (seconds === last) {
      return;
    }
    if (seconds < last) {
      this.clear();
    }
    [seconds, ...values].forEach((value, index) => this.#columns[index]?.push(value));
    if ((this.#columns[0]?.length ?? 0) > MAX_POINTS) {
      this.#columns.forEach((column) => column.shift());
    }
  }
}
