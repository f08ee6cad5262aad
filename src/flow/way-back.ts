import { RecentExtreme } from './recent-extreme.js';

/** The parts of a ms in which a peer tells its time. */
const PARTS = 16;

/** How long the shortest way back is remembered: ms. By then the peer has let the line run dry as well. */
const PERIOD = 60_000;

/** How long it is remembered how late answers were: ms. */
const LATE_PERIOD = 500;

/** What the clock of one who answers says, when it is `now`: sixteenths of a ms, modulo 2^32. */
export const timeOfAnswer = (now: number): number => (now * PARTS) >>> 0;

/** What {@link WayBack} says of an answer. */
interface Lateness {
  readonly late: number;
  readonly before: number;
}

const IN_TIME: Lateness = { late: 0, before: 0 };

/**
 * How late answers come: by how much they are longer on their way than the shortest one was. They say at what time they were
 * given, by a clock that counts from whenever it likes.
 */
export class WayBack {
  readonly #shortest = new RecentExtreme(Math.min);
  readonly #late = new RecentExtreme(Math.max);
  /** What lies between the two clocks, as far as the first answer shows: sixteenths of a ms, modulo 2^32. */
  #between: number | undefined;

  /** How late one of the last half second, or second, has come: ms. */
  get late(): number {
    return this.#late.value ?? 0;
  }

  /**
   * An answer has come `now`.
   *
   * @param at - what the peer's clock said when it was given; `undefined` where that is not told
   * @param isBusy - whether it may have waited for bytes of the peer's: if not, it is not late
   * @param roundTrip - ms since what is answered was written
   * @returns how late it is, and by how much later all those before were than has been said of them: ms
   */
  answered(at: number | undefined, isBusy: boolean, now: number, roundTrip: number): Lateness {
    const known = this.#shortest.value ?? 0;
    const way = at === undefined ? known : this.#way(at, known, now, roundTrip);
    const shortest = this.#shortest.add(way, now, PERIOD);
    const lateness = isBusy ? { late: way - shortest, before: Math.max(0, known - shortest) } : IN_TIME;
    this.#late.add(lateness.late, now, LATE_PERIOD);
    return lateness;
  }

  /** How much longer it was on its way than the first one: ms. */
  #way(at: number, known: number, now: number, roundTrip: number): number {
    const between = (timeOfAnswer(now) - at) | 0;
    this.#between ??= between;
    const way = ((between - this.#between) | 0) / PARTS;
    if (way - known <= roundTrip) {
      return way;
    }
    this.#between = between - known * PARTS; // it cannot be: one of the clocks has been set
    return known;
  }
}
