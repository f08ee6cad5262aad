/** What is in a {@link NumberMap} under a number, until it is taken out. */
interface Slot<V> {
  value: V;
}

/**
 * A `Map` from numbers to what comes and goes by the thousand.
 *
 * A `Map` that is busy makes a new table every few entries, and V8 has each old one point to the next. Once one of them has
 * become old, all that follow live until the next major collection, with all that was in them at the time: collecting that
 * took 40 % of the time in which channels came and went. So the tables here have slots only, which are emptied.
 */
export class NumberMap<V> implements ReadonlyMap<number, V> {
  readonly #slots = new Map<number, Slot<V>>();

  get size(): number {
    return this.#slots.size;
  }

  has(key: number): boolean {
    return this.#slots.has(key);
  }

  get(key: number): V | undefined {
    return this.#slots.get(key)?.value;
  }

  /** Puts `value` under `key`, where nothing is. */
  set(key: number, value: V): void {
    this.#slots.set(key, { value });
  }

  /** Takes out what is under `key`. Returns whether there was anything. */
  delete(key: number): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) {
      return false;
    }
    slot.value = undefined as V; // only tables that are no more in use still have the slot
    return this.#slots.delete(key);
  }

  keys(): MapIterator<number> {
    return this.#slots.keys();
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this) {
      yield value;
    }
  }

  entries(): Generator<[number, V], undefined> {
    return this[Symbol.iterator]();
  }

  /** In the order in which they came. What is taken out meanwhile is passed over, what is added comes last. */
  *[Symbol.iterator](): Generator<[number, V], undefined> {
    for (const [key, { value }] of this.#slots) {
      yield [key, value];
    }
  }

  forEach(work: (value: V, key: number, map: ReadonlyMap<number, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) {
      work.call(thisArg, value, key, this);
    }
  }
}
