import { ChannelNumbers, channelNumbers } from '../../src/mux/channel-numbers.js';

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

describe('the numbers of a side', () => {
  it.each<[boolean, number]>([
    [false, 0],
    [true, 2 ** 31],
  ])('begin with highChannels: %s where it says', (highChannels, first) => {
    expect(take(channelNumbers(highChannels), 2)).toEqual([first, first + 1]);
  });

  it.each<[number, readonly number[]]>([
    [0, [0, 1]],
    [0.75, [3 * 2 ** 29, 3 * 2 ** 29 + 1]],
    [1 - 2 ** -53, [2 ** 31 - 1, 0]], // the most that Math.random gives
  ])('begin at random where it says nothing: at %d of their range', (random, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    expect(take(channelNumbers(undefined), 2)).toEqual(expected);
  });
});
