import {
  EMPTY,
  type MonoTypeOperatorFunction,
  Observable,
  of,
  type SchedulerLike,
  Subscription,
  tap,
} from 'rxjs';
import { KeepAliveTimeoutError } from '../errors.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { nextTurn$ } from '../reactive/next-turn.js';

/** Parts of a timeout, which are waited for one by one: who is late by more than one of them, has lost time. */
const PARTS = 4;

const ALWAYS$ = of(true);

/** How far two looks at the system's clock are apart at most, ms. Any other clock is a virtual one. */
const SAME_CLOCK = 1000;

/**
 * Errors with {@link KeepAliveTimeoutError} when there has been no value for `ms` milliseconds in which one could have
 * been heard, nor another sign of life:
 *
 * - What the system has for this process at the end of that time is read first.
 * - Where the process did not run, because the computer slept or because it was busy, so that a timer is much too late, there
 *   are `ms` milliseconds more, once: nobody was asked meanwhile whether he is there.
 *
 * ```text
 * source  --a---b-----------
 * result  --a---b-----#         ms = 6
 * ```
 *
 * A value costs no timer: when one is due, four times in `ms`, it is seen whether there has been a value meanwhile.
 *
 * @param ms - from 1
 * @param scheduler - where the timers run, and whose clock counts
 * @param signs$ - what else tells that somebody is there. Default: nothing
 * @param connected$ - whether anything can come at all: while it says no, silence does not count. Default: always
 */
export function failOnSilence<T>(
  ms: number,
  scheduler: SchedulerLike,
  signs$: Observable<unknown> = EMPTY,
  connected$: Observable<boolean> = ALWAYS$,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      const part = ms / PARTS;
      /** Since when there has been nothing, and whether that silence has been given more time. */
      let since = 0;
      let isProlonged = false;
      let waiting = Subscription.EMPTY;

      const heard = (): void => {
        since = scheduler.now();
        isProlonged = false;
      };
      const begin = (): void => {
        heard();
        wait(ms);
      };
      const wait = (rest: number): void => {
        const time = Math.min(rest, part);
        const dueAt = scheduler.now() + time;
        waiting = backgroundTimer(time, scheduler).subscribe(() => {
          const now = scheduler.now();
          if (now - dueAt > part && !isProlonged) {
            since = now;
            isProlonged = true;
          }
          since = Math.min(since, now); // it is later where somebody has put the clock back
          if (since + ms > now) {
            wait(since + ms - now);
          } else if (Math.abs(now - Date.now()) < SAME_CLOCK) {
            readFirst(since);
          } else {
            fail(); // virtual time would stand still meanwhile
          }
        });
      };
      const readFirst = (before: number): void => {
        waiting = nextTurn$.subscribe(() => {
          (since === before ? fail : begin)(); // what has been read may be long ago by now: a turn may take long
        });
      };
      const fail = (): void => {
        subscriber.error(new KeepAliveTimeoutError(ms));
      };

      subscriber.add(
        connected$.subscribe({
          next: (isConnected) => {
            waiting.unsubscribe();
            if (isConnected) {
              begin();
            }
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
        }),
      );
      subscriber.add(() => {
        waiting.unsubscribe();
      });
      subscriber.add(signs$.subscribe(heard));
      source.pipe(tap(heard)).subscribe(subscriber);
    });
}
