import { EarlyEnds } from '../src/early-ends.js';
import { MessageType } from '../src/protocol/message.js';

const { end, errorEnd } = MessageType;

describe('EarlyEnds', () => {
  it('knows of no end at first', () => {
    expect(new EarlyEnds(3).take(1)).toBeUndefined();
  });

  it('remembers an end, and how it was, until it is taken', () => {
    const ends = new EarlyEnds(3);
    ends.remember(0, end);
    ends.remember(1, errorEnd);
    expect(ends.take(0)).toBe(end);
    expect(ends.take(1)).toBe(errorEnd);
    expect(ends.take(0)).toBeUndefined();
    expect(ends.take(1)).toBeUndefined();
  });

  it('remembers the last end of a channel', () => {
    const ends = new EarlyEnds(3);
    ends.remember(1, end);
    ends.remember(1, errorEnd);
    expect(ends.take(1)).toBe(errorEnd);
    expect(ends.take(1)).toBeUndefined();
  });

  it('forgets the oldest where there are more than its limit', () => {
    const ends = new EarlyEnds(3);
    for (let channel = 0; channel < 5; channel += 1) {
      ends.remember(channel, end);
    }
    expect([0, 1, 2, 3, 4].map((channel) => ends.take(channel))).toEqual([
      undefined,
      undefined,
      end,
      end,
      end,
    ]);
  });

  it('forgets nothing for an end that it knows already', () => {
    const ends = new EarlyEnds(2);
    ends.remember(0, end);
    ends.remember(1, end);
    ends.remember(1, end);
    expect(ends.take(0)).toBe(end);
  });

  it('has room again for what was taken', () => {
    const ends = new EarlyEnds(2);
    ends.remember(0, end);
    ends.remember(1, end);
    ends.take(0);
    ends.remember(2, end);
    expect(ends.take(1)).toBe(end);
    expect(ends.take(2)).toBe(end);
  });
});
