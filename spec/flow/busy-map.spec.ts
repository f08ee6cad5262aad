import * as fc from 'fast-check';
import { BusyMap } from '../../src/flow/busy-map.js';

const one = { name: 'one' };
const two = { name: 'two' };

describe('BusyMap', () => {
  it('has what a Map has, in the same order, whatever comes and goes', () => {
    const number = fc.nat({ max: 5 });
    const step = fc.record({ number, isAdded: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const map = new BusyMap<number, object>();
        const expected = new Map<number, object>();
        for (const { number, isAdded } of steps) {
          if (!isAdded) {
            expect(map.delete(number)).toBe(expected.delete(number));
          } else if (!expected.has(number)) {
            const value = {};
            map.set(number, value);
            expected.set(number, value);
          }
          expect(map.size).toBe(expected.size);
          expect(map.has(number)).toBe(expected.has(number));
          expect(map.get(number)).toBe(expected.get(number));
          expect([...map]).toEqual([...expected]);
        }
      }),
    );
  });

  it('can be read as any Map', () => {
    const map = new BusyMap<number, object>();
    map.set(7, one);
    map.set(3, two);
    expect([...map.keys()]).toEqual([7, 3]);
    expect([...map.values()]).toEqual([one, two]);
    expect([...map.entries()]).toEqual([
      [7, one],
      [3, two],
    ]);
    const work = jest.fn();
    const that = {};
    map.forEach(work, that);
    expect(work.mock.calls).toEqual([
      [one, 7, map],
      [two, 3, map],
    ]);
    expect(work.mock.contexts).toEqual([that, that]);
  });

  it('shows to who goes through it what was there, and not what is taken out meanwhile', () => {
    const map = new BusyMap<number, object>();
    map.set(1, one);
    map.set(2, two);
    const seen: number[] = [];
    for (const [key] of map) {
      seen.push(key);
      if (key === 1) {
        map.delete(2);
        map.set(3, one);
      }
    }
    expect(seen).toEqual([1]);
    expect([...map.keys()]).toEqual([1, 3]);
  });

  it('has the same after thousands have come and gone', () => {
    const map = new BusyMap<number, object>();
    map.set(0, one);
    for (let number = 1; number < 5000; number += 1) {
      map.set(number, two);
      expect(map.delete(number)).toBe(true);
    }
    map.set(5000, two);
    expect([...map]).toEqual([
      [0, one],
      [5000, two],
    ]);
    expect(map.size).toBe(2);
  });

  it('shows to who goes through it what is left of it, however much is taken out', () => {
    const map = new BusyMap<number, object>();
    for (let number = 0; number < 1000; number += 1) {
      map.set(number, one);
    }
    const seen: number[] = [];
    for (const key of map.keys()) {
      seen.push(key);
      if (key === 0) {
        for (let number = 1; number < 1000; number += 1) {
          map.delete(number);
        }
        map.set(1000, two);
      }
    }
    expect(seen).toEqual([0]);
    map.delete(0);
    expect([...map.values()]).toEqual([two]);
  });

  it('lets go of what is taken out, though somebody has stopped going through it', () => {
    const map = new BusyMap<number, object>();
    map.set(0, one);
    expect(map.values().next().value).toBe(one); // and is asked for no more
    const tables = jest.spyOn(Map.prototype, 'clear');
    for (let number = 1; number < 1000; number += 1) {
      map.set(number, two);
      map.delete(number);
    }
    expect(tables.mock.calls.length).toBeGreaterThan(10);
    tables.mockRestore();
  });
});
