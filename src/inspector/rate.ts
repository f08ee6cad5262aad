/** ms that the past counts: longer ago than that is forgotten by two thirds. */
const MEMORY = 500;

/** Bytes a second, smoothed, so that figures can be read. */
export class Rate {
  #value = 0;
  #bytes: number;
  #at: number;

  /**
   * @param bytes - how many there have been until now
   * @param at - ms
   */
  constructor(bytes: number, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get value(): number {
    return this.#value;
  }

  /** There have been so many bytes until now. */
  update(bytes: number, at: number): void {
    const ms = at - this.#at;
    if (ms === 0) {
      return;
    }
    if (ms > 0) {
      const rate = (1000 * (bytes - this.#bytes)) / ms;
      this.#value += (rate - this.#value) * (1 - Math.exp(-ms / MEMORY));
    } // else the clock has been put back, and says nothing until the next time
    if (this.#value < 0.5) {
      this.#value = 0; // it would approach that for ever
    }
    this.#bytes = bytes;
    this.#at = at;
  }
}
