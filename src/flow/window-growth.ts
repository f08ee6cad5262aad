import type { TimestampProvider } from 'rxjs';
import type { WindowLoans } from './window-loans.js';

/** Times are counted in tenths of a ms: fine enough, and small numbers, of which every channel keeps two. */
const TENTHS = 10;

/** Windows do not grow for round trips of less than 5 ms: an event loop with much to do takes as long. */
const LONG_ROUND_TRIP = 5 * TENTHS;

/** Bytes of the window of a channel that is busy alone. With less, the two ends of a socket take turns being idle. */
export const SIZE_ALONE = 262_144;

/**
 * Where all round trips have been so many times as long as is known, for so long, the way may be another one. Where that turned
 * out to be a queue, it takes twice as long the next time.
 */
const LONGER = 2;
const LONGER_FOR = 5000 * TENTHS;
const LONGEST_DOUBT = 80_000 * TENTHS;

/** What takes so many times as long with twice the window, after so many round trips, is a queue. */
const QUEUE = 1.5;
const JUDGED_AFTER = 4;

/** Grows a window of one byte to 16 MiB. */
const MAX_FACTOR = 2 ** 24;

/**
 * How far the receive windows of a mux grow beyond their `highWaterMark`: by one factor for all, so that channels stay
 * equal.
 *
 * - The factor is doubled when a sender has waited for credit for about a round trip: with more credit it would not
 *   have been idle.
 * - It is halved when a sender's bytes come after four round trips or more: they have been in a queue, and more
 *   credit would make that longer.
 * - It is halved, too, when the round trip turns out to be less than 5 ms.
 * - After each change it stays as it is until windows of the new size can have been used up.
 *
 * Nobody measures the round trip. It is the shortest time from a grant that a sender waited for to its next byte. Connections
 * move to other networks: where that time has been longer throughout five seconds, the shortest of these counts, and the factor
 * is doubled. If it then takes longer still, it was a queue, and both are taken back.
 */
export class WindowGrowth {
  /** The memory that the windows share, and who waits for some of it. */
  readonly loans: WindowLoans;
  /** Bytes of the window of a channel that is busy alone. */
  readonly sizeAlone: number;
  readonly #clock: TimestampProvider;
  readonly #start: number;
  #factor = 1;
  /** When the factor was changed last. */
  #changedAt = 0;
  /** The shortest round trip so far. */
  #roundTrip = Infinity;
  /** The shortest of those that have been longer, all of them, since then; and for how long they must have been. */
  #longer = Infinity;
  #longerSince = 0;
  #doubt = LONGER_FOR;
  /** What was known before a longer one was believed, until that has been judged. */
  #before = Infinity;
  /** The window that was used up last. */
  #last: object | undefined;
  /** Whether the same window was used up the time before. */
  #isLastAlone = false;

  /**
   * @param loans - the memory that the windows share, and who waits for some of it
   * @param clock - counts ms
   * @param sizeAlone - bytes of the window of a channel that is busy alone
   */
  constructor(loans: WindowLoans, clock: TimestampProvider, sizeAlone = SIZE_ALONE) {
    this.loans = loans;
    this.sizeAlone = sizeAlone;
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** How many times its `highWaterMark` a window should be that is used up. */
  get factor(): number {
    return this.#factor;
  }

  /** Time since the beginning, in tenths of a ms. */
  now(): number {
    return Math.round(TENTHS * (this.#clock.now() - this.#start));
  }

  /** A byte has come `time` after the grant that allowed it: a round trip is no longer than that. */
  sawRoundTrip(time: number): void {
    if (time < 0) {
      return; // a clock that is put back says nothing
    }
    this.#roundTrip = Math.min(this.#roundTrip, time);
    if (time < LONGER * this.#roundTrip) {
      this.#longer = Infinity;
    }
  }

  /** `window` has been used up. */
  usedUpBy(window: object): void {
    this.#isLastAlone = this.#last === window;
    this.#last = window;
  }

  /** Whether `window` is the only one that is used up again and again. */
  isAlone(window: object): boolean {
    return this.#isLastAlone && this.#last === window;
  }

  /** `window` is gone. */
  forget(window: object): void {
    if (this.#last === window) {
      this.#last = undefined;
      this.#isLastAlone = false;
    }
  }

  /**
   * A sender has used up a window that is as large as the factor says. Its next byte came `time` after the next grant.
   *
   * @param mayGrow - whether the channel's own limit lets the window grow
   */
  usedUp(time: number, mayGrow: boolean): void {
    this.sawRoundTrip(time);
    const now = this.now();
    const isTrial = this.#before < Infinity;
    if (now - this.#changedAt < (isTrial ? JUDGED_AFTER * this.#roundTrip : time)) {
      return; // the window was used up before the factor was changed, or others are still to grow
    }
    if (isTrial) {
      this.#judge(time, now);
    } else if (this.#roundTrip < LONG_ROUND_TRIP || time >= 4 * this.#roundTrip) {
      this.#change(Math.max(1, this.#factor / 2), now);
    } else if (time < 2 * this.#roundTrip && mayGrow) {
      this.#change(Math.min(2 * this.#factor, MAX_FACTOR), now);
    }
    if (mayGrow && time >= Math.max(LONGER * this.#roundTrip, LONG_ROUND_TRIP)) {
      this.#sawLonger(time, now);
    }
  }

  /** Whether `time` is at most half a round trip. */
  isShort(time: number): boolean {
    return 2 * time <= this.#roundTrip;
  }

  /** A round trip was longer than is known: that is believed when it has been so for a while. */
  #sawLonger(time: number, now: number): void {
    if (this.#longer === Infinity) {
      this.#longerSince = now;
    }
    this.#longer = Math.min(this.#longer, time);
    if (now - this.#longerSince >= this.#doubt) {
      this.#before = this.#roundTrip;
      this.#roundTrip = this.#longer;
      this.#change(2 * this.#factor, now);
    }
  }

  /** A longer round trip has been believed, and the factor doubled. Where it takes longer still, it is none. */
  #judge(time: number, now: number): void {
    if (time < QUEUE * this.#roundTrip) {
      this.#doubt = LONGER_FOR;
    } else {
      this.#doubt = Math.min(2 * this.#doubt, LONGEST_DOUBT);
      this.#roundTrip = Math.min(this.#roundTrip, this.#before);
      this.#change(this.#factor / 2, now);
    }
    this.#before = Infinity;
  }

  #change(factor: number, now: number): void {
    if (factor !== this.#factor) {
      this.#factor = factor;
      this.#changedAt = now;
      this.#longer = Infinity;
    }
  }
}
