import { type SchedulerLike, Subscription } from 'rxjs';
import { backgroundInterval } from '../reactive/background-timer.js';
import { isolated } from '../reactive/report-error.js';

/**
 * After this much silence (ms) the peer may be waiting for a grant that is not due yet. bpmux with `max_write_size` does; it
 * loses this time twice in a channel's life. Any other peer gets one message too many, at most as often.
 */
export const QUIET_PERIOD = 50;

/** The place of whoever is not watched. */
export const NOT_WATCHED = -1;

/** Somebody whose silence is to be noticed. */
export interface Watched {
  /** Kept by {@link QuietWatch}: where it stands among those who are watched, or {@link NOT_WATCHED}, as at first. */
  watchPlace: number;
  /** Whether there has been a sign of life since the last call. */
  takeSignOfLife(): boolean;
  /** There has been none for a whole period. Called once for each time that it has been watched. */
  onQuiet(): void;
}

/**
 * Notices who is silent for a whole period, with one timer for all, which runs only while somebody is watched.
 */
export class QuietWatch {
  /** In no order. No Set: channels by the thousand come and go, and each of them may be here for a moment. */
  readonly #watched: Watched[] = [];
  #timer = Subscription.EMPTY;
  #isStopped = false;

  /**
   * @param period - ms
   * @param scheduler - where the timer runs
   */
  constructor(
    private readonly period: number,
    private readonly scheduler: SchedulerLike,
  ) {}

  /** Whether `one` is watched. */
  isWatched(one: Watched): boolean {
    return one.watchPlace !== NOT_WATCHED;
  }

  /** Watches `one` until it has been silent. */
  watch(one: Watched): void {
    if (this.#isStopped || this.isWatched(one)) {
      return;
    }
    one.watchPlace = this.#watched.length;
    this.#watched.push(one);
    if (this.#timer.closed) {
      this.#timer = backgroundInterval(this.period, this.scheduler).subscribe(() => {
        this.#periodIsOver();
      });
    }
  }

  /** Lets go of `one`. The last one takes its place. */
  forget(one: Watched): void {
    if (this.isWatched(one)) {
      const last = this.#watched.pop();
      if (last !== undefined && last !== one) {
        this.#watched[one.watchPlace] = last;
        last.watchPlace = one.watchPlace;
      }
      one.watchPlace = NOT_WATCHED;
    }
  }

  /** Lets go of everybody, and watches nobody any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer.unsubscribe();
    for (const one of [...this.#watched]) {
      this.forget(one);
    }
  }

  #periodIsOver(): void {
    const quiet = this.#watched.filter((one) => !one.takeSignOfLife());
    for (const one of quiet) {
      this.forget(one);
    }
    if (this.#watched.length === 0) {
      this.#timer.unsubscribe();
    }
    for (const one of quiet) {
      isolated(() => {
        one.onQuiet();
      });
    }
  }
}
