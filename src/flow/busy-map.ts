/** How many are taken out before there is a new table, at least. */
const TAKEN_OUT = 64;

/**
 * A `Map` whose entries come and go by the thousand.
 *
 * A `Map` that is busy makes a new table every few entries, and V8 has each old one point to the next. Once one of them has
 * become old, all that follow live until the next major collection, with all that was in them at the time: collecting that
 * took 40 % of the time in which channels came and went. So there is a new `Map` before the tables get old.
 */
export class BusyMap<K, V> implements ReadonlyMap<K, V> {
  #map = new Map<K, V>();
  /** How many have been taken out of that. */
  #takenOut = 0;

  get size(): number {
    return this.#map.size;
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  /** Puts `value` under `key`. */
  set(key: K, value: V): void {
    this.#map.set(key, value);
  }

  /** Takes out what is under `key`. Returns whether there was anything. */
  delete(key: K): boolean {
    const wasThere = this.#map.delete(key);
    if (wasThere) {
      this.#takenOut += 1;
      if (this.#takenOut > Math.max(TAKEN_OUT, this.#map.size)) {
        const old = this.#map;
        this.#takenOut = 0;
        this.#map = new Map(old);
        old.clear(); // it may have become old itself, and would keep its last table
      }
    }
    return wasThere;
  }

  *keys(): Generator<K, undefined> {
    for (const [key] of this) {
      yield key;
    }
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this) {
      yield value;
    }
  }

  entries(): Generator<[K, V], undefined> {
    return this[Symbol.iterator]();
  }

  /**
   * In the order in which they came. What is taken out meanwhile is passed over, what is added is not shown: so whoever stops
   * half-way holds on to no table.
   */
  *[Symbol.iterator](): Generator<[K, V], undefined> {
    for (const key of [...this.#map.keys()]) {
      const value = this.#map.get(key);
      if (value !== undefined) {
        yield [key, value];
      }
    }
  }

  forEach(work: (value: V, key: K, map: ReadonlyMap<K, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) {
      work.call(thisArg, value, key, this);
    }
  }
}
