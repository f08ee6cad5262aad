import { RecentExtreme } from '../../src/flow/recent-extreme.js';

/** Adds one value a ms, with periods of three. Returns what it says after each. */
function after(better: (one: number, other: number) => number, values: readonly number[]): unknown[] {
  const extreme = new RecentExtreme(better);
  return values.map((value, now) => {
    extreme.add(value, now, 3);
    return extreme.value;
  });
}

describe('RecentExtreme', () => {
  it('has no value before the first', () => {
    expect(new RecentExtreme(Math.max).value).toBeUndefined();
  });

  it('says the largest of this period and the one before', () => {
    expect(after(Math.max, [5, 3, 4, 3, 2, 4, 1, 2, 2])).toEqual([5, 5, 5, 5, 5, 5, 4, 4, 4]);
  });

  it('says the smallest', () => {
    expect(after(Math.min, [2, 3, 4, 3, 5, 4, 6, 7, 8])).toEqual([2, 2, 2, 2, 2, 2, 3, 3, 3]);
  });

  it('forgets nothing of the time without values', () => {
    const extreme = new RecentExtreme(Math.max);
    extreme.add(5, 0, 3);
    extreme.add(1, 1000, 3);
    expect(extreme.value).toBe(5);
    extreme.add(2, 1003, 3);
    expect(extreme.value).toBe(2);
  });

  it('takes each value for a period of its own, or for none, where that is wanted', () => {
    const extreme = new RecentExtreme(Math.min);
    extreme.add(1, 0, 0);
    extreme.add(3, 0, Infinity);
    extreme.add(5, 0, 0);
    expect(extreme.value).toBe(1);
    extreme.add(7, 1, 0);
    expect(extreme.value).toBe(5);
  });
});
