import { type SchedulerLike, Subscription } from 'rxjs';
import { backgroundInterval } from '../reactive/background-timer.js';
import { isolated } from '../reactive/report-error.js';

/**
 * After this much silence (ms) the peer may be waiting for a grant that is not due yet. bpmux with `max_write_size` does; it
 * loses this time twice in a channel's life. Any other peer gets one message too many, at most as often.
 */
export const QUIET_PERIOD = 50;

/** Somebody whose silence is to be noticed. */
export interface Watched {
  /** Whether there has been a sign of life since the last call. */
  takeSignOfLife(): boolean;
  /** There has been none for a whole period. Called once for each time that it has been watched. */
  onQuiet(): void;
}

/**
 * Notices who is silent for a whole period, with one timer for all, which runs only while somebody is watched.
 */
export class QuietWatch {
  #watched = new Set<Watched>();
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

  /** Watches `one` until it has been silent. */
  watch(one: Watched): void {
    if (this.#isStopped) {
      return;
    }
    this.#watched.add(one);
    if (this.#timer.closed) {
      this.#timer = backgroundInterval(this.period, this.scheduler).subscribe(() => {
        this.#periodIsOver();
      });
    }
  }

  /** Lets go of `one`. */
  forget(one: Watched): void {
    this.#watched.delete(one);
  }

  /** Lets go of everybody, and watches nobody any more. */
  stop(): void {
    this.#isStopped = true;
    this.#watched.clear();
    this.#timer.unsubscribe();
  }

  #periodIsOver(): void {
    const watched = this.#watched;
    const quiet = [...watched].filter((one) => !one.takeSignOfLife());
    for (const one of quiet) {
      watched.delete(one);
    }
    this.#watched = new Set(watched); // see NumberMap: a Set that lives long keeps those who were in it
    watched.clear();
    if (this.#watched.size === 0) {
      this.#timer.unsubscribe();
    }
    for (const one of quiet) {
      isolated(() => {
        one.onQuiet();
      });
    }
  }
}
