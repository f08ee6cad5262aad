/** Each side has so many numbers: 0 … 2^31−1, or with `highChannels` 2^31 … 2^32−1. */
const NUMBERS_PER_SIDE = 2 ** 31;

/** Gives the channels that this side opens their numbers: in turn, and from the first again after the last. */
export class ChannelNumbers {
  #next: number;

  /**
   * @param first - the first of this side's
   * @param next - the one to begin with
   */
  constructor(
    private readonly first: number,
    next = first,
  ) {
    this.#next = next;
  }

  /** The next number that is not in use. There must be one. */
  take(isInUse: (number: number) => boolean): number {
    let number: number;
    do {
      number = this.#next;
      this.#next = this.first + ((number - this.first + 1) % NUMBERS_PER_SIDE);
    } while (isInUse(number));
    return number;
  }
}

/**
 * The numbers for the option `highChannels`. Where it is not given they begin anywhere: two sides that both open channels
 * would otherwise begin with the same one, and hold one channel where they meant two.
 */
export function channelNumbers(highChannels: boolean | undefined): ChannelNumbers {
  if (highChannels === undefined) {
    return new ChannelNumbers(0, Math.floor(Math.random() * NUMBERS_PER_SIDE));
  }
  return new ChannelNumbers(highChannels ? NUMBERS_PER_SIDE : 0);
}
