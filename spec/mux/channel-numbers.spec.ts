import { ChannelNumbers } from '../../src/mux/channel-numbers.js';

const free = (): boolean => false;

const take = (
  numbers: ChannelNumbers,
  count: number,
  isInUse: (number: number) => boolean = free,
): number[] => Array.from({ length: count }, () => numbers.take(isInUse));

describe.each<[string, number, number]>([
  ['low', 0, 2 ** 31 - 1],
  ['high', 2 ** 31, 2 ** 32 - 1],
])('ChannelNumbers of the %s side', (_, first, last) => {
  it('are taken in turn from the first on', () => {
    expect(take(new ChannelNumbers(first), 3)).toEqual([first, first + 1, first + 2]);
  });

  it('begin again after the last', () => {
    expect(take(new ChannelNumbers(first, last - 1), 4)).toEqual([last - 1, last, first, first + 1]);
  });

  it('leave out those in use', () => {
    const inUse = new Set([first, first + 2, first + 3]);
    expect(take(new ChannelNumbers(first), 3, (number) => inUse.has(number))).toEqual([
      first + 1,
      first + 4,
      first + 5,
    ]);
  });

  it('leave out those in use before and after they begin again', () => {
    const inUse = new Set([last, first]);
    expect(take(new ChannelNumbers(first, last - 1), 2, (number) => inUse.has(number))).toEqual([
      last - 1,
      first + 1,
    ]);
  });
});
