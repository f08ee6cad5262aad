import { EarlyEnds } from '../../src/mux/early-ends.js';
import { MessageType } from '../../src/protocol/message.js';

const { end, errorEnd } = MessageType;

/** The numbers of an end each. */
const remembered = (limit: number, count: number): EarlyEnds => {
  const ends = new EarlyEnds(limit);
  for (let channel = 0; channel < count; channel += 1) {
    ends.remember(channel, end);
  }
  return ends;
};

/** Those of `count` numbers that are remembered. */
const known = (ends: EarlyEnds, count: number): number[] =>
  Array.from({ length: count }, (_, channel) => channel).filter((channel) => ends.take(channel) === end);

describe('EarlyEnds', () => {
  it('knows of no end at first', () => {
    expect(new EarlyEnds(4).take(1)).toBeUndefined();
  });

  it('remembers an end, and how it was, until it is taken', () => {
    const ends = new EarlyEnds(4);
    ends.remember(0, end);
    ends.remember(1, errorEnd);
    expect(ends.take(0)).toBe(end);
    expect(ends.take(1)).toBe(errorEnd);
    expect(ends.take(0)).toBeUndefined();
    expect(ends.take(1)).toBeUndefined();
  });

  it('remembers as many as its limit, where none came before', () => {
    expect(known(remembered(4, 4), 4)).toEqual([0, 1, 2, 3]);
  });

  it.each([5, 6, 7, 8, 9])(
    'remembers the latest half of its limit, and no more than the limit, of %d',
    (count) => {
      const numbers = known(remembered(4, count), count);
      expect(numbers).toEqual(expect.arrayContaining([count - 2, count - 1]));
      expect(numbers.length).toBeLessThanOrEqual(4);
    },
  );

  it('remembers the last end of a channel, be the one before it old or not', () => {
    for (const between of [0, 1, 2]) {
      const ends = new EarlyEnds(4);
      ends.remember(9, end);
      for (let channel = 0; channel < between; channel += 1) {
        ends.remember(channel, end);
      }
      ends.remember(9, errorEnd);
      expect(ends.take(9)).toBe(errorEnd);
      expect(ends.take(9)).toBeUndefined();
    }
  });

  it('has room again for what was taken', () => {
    const ends = remembered(4, 4);
    ends.take(2);
    ends.take(3);
    ends.remember(4, end);
    ends.remember(5, end);
    expect(known(ends, 6)).toEqual([0, 1, 4, 5]);
  });
});
