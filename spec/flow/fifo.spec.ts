import * as fc from 'fast-check';
import { Fifo, type Queued } from '../../src/flow/fifo.js';

/** Somebody who queues. */
class Somebody implements Queued {
  next: this | undefined;
  previous: this | undefined;

  constructor(readonly name: number) {}
}

/** Takes all out. */
function names(fifo: Fifo<Somebody>): number[] {
  const all: number[] = [];
  for (let one = fifo.shift(); one !== undefined; one = fifo.shift()) {
    all.push(one.name);
  }
  return all;
}

describe('Fifo', () => {
  it('is empty at first, and gives nobody then', () => {
    const fifo = new Fifo<Somebody>();
    expect(fifo.isEmpty).toBe(true);
    expect(fifo.shift()).toBeUndefined();
    expect(fifo.isEmpty).toBe(true);
  });

  it('gives back those who came, in order, first who was put before them, and not who has been removed', () => {
    const step = fc.constantFrom('push', 'push', 'push', 'unshift', 'shift', 'shift', 'remove');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const fifo = new Fifo<Somebody>();
        const everybody: Somebody[] = [];
        let expected: number[] = [];
        steps.forEach((what, name) => {
          const somebody = new Somebody(name);
          everybody.push(somebody);
          switch (what) {
            case 'push':
              fifo.push(somebody);
              expected.push(name);
              break;
            case 'unshift':
              fifo.unshift(somebody);
              expected.unshift(name);
              break;
            case 'shift':
              expect(fifo.shift()?.name).toBe(expected.shift());
              break;
            case 'remove': {
              const one = everybody[expected[(name * 7) % expected.length] ?? -1];
              if (one !== undefined) {
                fifo.remove(one);
                expected = expected.filter((other) => other !== one.name);
              }
              break;
            }
          }
          expect(fifo.isEmpty).toBe(expected.length === 0);
        });
        expect(names(fifo)).toEqual(expected);
        expect(fifo.isEmpty).toBe(true);
      }),
    );
  });

  it('takes one again who has been taken out, and in another queue', () => {
    const [one, other] = [new Fifo<Somebody>(), new Fifo<Somebody>()];
    const [a, b] = [new Somebody(1), new Somebody(2)];
    one.push(a);
    one.push(b);
    other.push(new Somebody(3));
    expect(one.shift()).toBe(a);
    other.push(a);
    expect(names(one)).toEqual([2]);
    expect(names(other)).toEqual([3, 1]);
  });

  it('gives up its first, and one in its middle, at the same price whatever its size', () => {
    // Moving the rest of them up each time, or looking for the one, would be 10^10 steps.
    const fifo = new Fifo<Somebody>();
    const count = 200_000;
    const everybody = Array.from({ length: count }, (_, name) => new Somebody(name));
    for (const somebody of everybody) {
      fifo.push(somebody);
    }
    for (const somebody of everybody.slice(count / 4, (3 * count) / 4)) {
      fifo.remove(somebody);
    }
    expect(names(fifo)).toHaveLength(count / 2);
  });
});
