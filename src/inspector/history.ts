/** How a channel's credit was at one moment. */
export interface Sample {
  /** ms since 1970. */
  readonly at: number;
  /** Bytes that the peer took then. */
  readonly credit: number;
  /** Bytes that had been sent and not acknowledged. */
  readonly inFlight: number;
  readonly queued: number;
  /** Bytes that the peer might send then. */
  readonly room: number;
  readonly unread: number;
  /** Bytes a second. */
  readonly rateIn: number;
  readonly rateOut: number;
}

const FIELDS = ['at', 'credit', 'inFlight', 'queued', 'room', 'unread', 'rateIn', 'rateOut'] as const;

/** Samples that are kept of each channel. */
export const HISTORY = 60;

/** The last samples of a channel, in one block of memory that is as large as it needs to be. */
export class History {
  #values = new Float64Array(8 * FIELDS.length);
  #count = 0;

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  add(sample: Sample): void {
    const capacity = this.#values.length / FIELDS.length;
    if (this.#count === capacity && capacity < HISTORY) {
      const larger = new Float64Array(Math.min(HISTORY, 2 * capacity) * FIELDS.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    const at = this.#place(this.#count);
    FIELDS.forEach((field, index) => {
      this.#values[at + index] = sample[field];
    });
    this.#count += 1;
  }

  /** Those since there were `count` of them, as far as they are kept, oldest first. */
  since(count: number): Sample[] {
    return this.#numbers(count).map((number) => {
      const at = this.#place(number);
      return Object.fromEntries(
        FIELDS.map((field, index) => [field, this.#values[at + index]]),
      ) as unknown as Sample;
    });
  }

  /** The last values of one kind, oldest first, rounded. */
  last(field: (typeof FIELDS)[number], count: number): number[] {
    const index = FIELDS.indexOf(field);
    return this.#numbers(this.#count - count).map((number) =>
      Math.round(Number(this.#values[this.#place(number) + index])),
    );
  }

  #numbers(since: number): number[] {
    const first = Math.max(0, since, this.#count - HISTORY);
    return Array.from({ length: this.#count - first }, (_, index) => first + index);
  }

  #place(number: number): number {
    return (number % HISTORY) * FIELDS.length;
  }
}
