/** Something that can stand in one {@link Fifo} at a time. */
export interface Queued {
  /** Who stands behind it. */
  next: this | undefined;
  /** Who stands before it. */
  previous: this | undefined;
}

/**
 * First in, first out. A linked list: neither a Map nor an array gives up its first element, or one in its middle, at
 * the same price whatever its size.
 */
export class Fifo<T extends Queued> {
  #first: T | undefined;
  #last: T | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** Who stands at the front. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Puts `one` at the end. */
  push(one: T): void {
    const last = this.#last;
    one.next = undefined;
    one.previous = last;
    if (last === undefined) {
      this.#first = one;
    } else {
      last.next = one;
    }
    this.#last = one;
  }

  /** Puts `one` at the front. */
  unshift(one: T): void {
    const first = this.#first;
    one.next = first;
    one.previous = undefined;
    if (first === undefined) {
      this.#last = one;
    } else {
      first.previous = one;
    }
    this.#first = one;
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const first = this.#first;
    if (first === undefined) {
      return undefined;
    }
    const { next } = first;
    this.#first = next;
    if (next === undefined) {
      this.#last = undefined;
    } else {
      next.previous = undefined;
      first.next = undefined;
    }
    return first;
  }

  /** Takes `one` out, which stands here. It may be kept, and holds on to none of the others. */
  remove(one: T): void {
    const { next, previous } = one;
    one.next = undefined;
    one.previous = undefined;
    if (previous === undefined) {
      this.#first = next;
    } else {
      previous.next = next;
    }
    if (next === undefined) {
      this.#last = previous;
    } else {
      next.previous = previous;
    }
  }
}
