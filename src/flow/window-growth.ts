import type { TimestampProvider } from 'rxjs';

/** Times are counted in tenths of a ms: fine enough, and small numbers, of which every channel keeps two. */
const TENTHS = 10;

/** A way there and back of less than 5 ms is no reason to grow: an event loop with much to do takes as long. */
const WORTH_IT = 5 * TENTHS;

/** As far as windows can grow: from one byte to 16 MiB. */
const MAX_FACTOR = 2 ** 24;

/**
 * What the receive windows of a mux share when they grow: how far it makes sense, which is the same for all, so that
 * channels stay equal; and the memory that they may take up.
 */
export class WindowGrowth {
  readonly #clock: TimestampProvider;
  readonly #start: number;
  #spare: number;
  #factor = 1;
  /** When the factor was changed. */
  #changedAt = 0;
  /** The shortest way there and back that was seen. */
  #roundTrip = Infinity;
  /** Whose window was used up last, and whether that of nobody else was since the time before. */
  #last: object | undefined;
  #isLastAlone = false;

  /**
   * @param budget - bytes by which all windows together may grow
   * @param clock - counts ms
   */
  constructor(budget: number, clock: TimestampProvider) {
    this.#spare = budget;
    this.#clock = clock;
    this.#start = clock.now();
  }

  /** By how much a window may grow that is too small, as a multiple of what it began with. */
  get factor(): number {
    return this.#factor;
  }

  /** Time since the beginning, in tenths of a ms. */
  now(): number {
    return Math.round(TENTHS * (this.#clock.now() - this.#start));
  }

  /** The first byte has come for a channel, `time` after the grant that allowed it: the way is no longer than that. */
  sawRoundTrip(time: number): void {
    if (time >= 0) {
      this.#roundTrip = Math.min(this.#roundTrip, time); // a clock that is put back says nothing
    }
  }

  /** The window of `who` has been used up. */
  usedUpBy(who: object): void {
    this.#isLastAlone = this.#last === who;
    this.#last = who;
  }

  /** Whether the window of `who` is the only one that is used up again and again. */
  isAlone(who: object): boolean {
    return this.#isLastAlone && this.#last === who;
  }

  /** The window of `who` is gone. */
  forget(who: object): void {
    if (this.#last === who) {
      this.#last = undefined;
      this.#isLastAlone = false;
    }
  }

  /**
   * A sender that had used up a window as large as they are all meant to be went on `time` after it was granted more.
   *
   * Where that was the time there and back, more or less, more credit would have made it faster: the factor is doubled.
   * Where it was much longer, the bytes had to wait behind others, and more credit only makes that queue longer: it is
   * halved. So it is where the way has turned out to be short. Each change is given the time to have an effect.
   *
   * @param mayGrow - whether the channel's own limit lets it
   */
  usedUp(time: number, mayGrow: boolean): void {
    this.sawRoundTrip(time);
    const now = this.now();
    if (now - this.#changedAt < time) {
      return;
    }
    if (this.#roundTrip < WORTH_IT || time >= 4 * this.#roundTrip) {
      this.#change(Math.max(1, this.#factor / 2), now);
    } else if (time < 2 * this.#roundTrip && mayGrow) {
      this.#change(Math.min(2 * this.#factor, MAX_FACTOR), now);
    }
  }

  /** Whether `time` is little beside the way there and back. */
  isShort(time: number): boolean {
    return 2 * time <= this.#roundTrip;
  }

  /** Takes up to `bytes` out of the budget. Returns how many there were. */
  take(bytes: number): number {
    const taken = Math.min(bytes, this.#spare);
    this.#spare -= taken;
    return taken;
  }

  /** Puts `bytes` back. */
  giveBack(bytes: number): void {
    this.#spare += bytes;
  }

  #change(factor: number, now: number): void {
    if (factor !== this.#factor) {
      this.#factor = factor;
      this.#changedAt = now;
    }
  }
}
