import { callable, MAX_DELAY, object, show, whole } from '../arguments.js';

/** When and how often is tried again what has failed. */
export interface RetryOptions {
  /**
   * Milliseconds to wait before an attempt. The very first is made at once, and counts: the one after it is 2. What it throws
   * is what the session is lost with, or what `reconnecting` errors with.
   *
   * Default: 100 before the first, twice as many before each one after it, 10 000 at most; and of that a random part, half of
   * it at least, so that not all clients come back at the same moment.
   *
   * @param attempt - how many there have been, with the one that is due, since the last success: from 1
   * @param error - what the last attempt, or the connection, has failed with; `undefined` where it just ended
   */
  delay?: ((attempt: number, error: unknown) => number) | undefined;
  /** Attempts in a row, ≥ 1. Default: no limit. */
  count?: number | undefined;
}

/** Checked {@link RetryOptions}. */
export interface RetrySettings {
  /** Throws what the option throws, and RangeError where that returns no milliseconds. */
  readonly delay: (attempt: number, error: unknown) => number;
  readonly count: number;
}

const FIRST_DELAY = 100;
const LONGEST_DELAY = 10_000;

const DEFAULTS = {
  delay: (attempt: number): number =>
    Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2),
  count: undefined,
};

/**
 * Fills in the defaults.
 *
 * @throws TypeError or RangeError that names the option which it cannot take
 */
export function retrySettings(options: RetryOptions | undefined): RetrySettings {
  const { delay, count } = object('options.retry', options, DEFAULTS);
  callable('options.retry.delay', delay);
  return {
    delay: (attempt, error) => {
      const ms = delay(attempt, error);
      if (!(ms >= 0)) {
        throw new RangeError(`options.retry.delay must return milliseconds, got ${show(ms)}`);
      }
      return Math.min(MAX_DELAY, ms);
    },
    count: count === undefined ? Infinity : whole('options.retry.count', count, 1),
  };
}
