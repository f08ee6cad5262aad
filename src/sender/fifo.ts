/** Something that can stand in one {@link Fifo} at a time. */
export interface Queued {
  /** Who stands behind it. */
  next: this | undefined;
}

/**
 * First in, first out. A linked list, since neither a Map nor an array gives up its first element at the same price
 * whatever its size.
 */
export class Fifo<T extends Queued> {
  #first: T | undefined;
  #last: T | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Puts `one` at the end. */
  push(one: T): void {
    one.next = undefined;
    if (this.#last === undefined) {
      this.#first = one;
    } else {
      this.#last.next = one;
    }
    this.#last = one;
  }

  /** Puts `one` at the front. */
  unshift(one: T): void {
    one.next = this.#first;
    this.#first = one;
    this.#last ??= one;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const one = this.#first;
    this.#first = one?.next;
    if (this.#first === undefined) {
      this.#last = undefined;
    }
    return one;
  }

  /** Lets go of everybody. */
  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }
}
