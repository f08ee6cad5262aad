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

/** The part of a timeout by which a timer may be late, as timers are. One that is later tells of time that was lost. */
const TOLERANCE = 1 / 4;

const ALWAYS$ = of(true);

/** How far two looks at the same clock are apart at most, ms. */
const SAME_CLOCK = 1000;

/**
 * Errors with {@link KeepAliveTimeoutError} when there has been no value for `ms` milliseconds in which one could have
 * been heard, nor another sign of life:
 *
 * - What the system has for this process at the end of that time is read first.
 * - Where the process did not run, because the computer slept or because it was busy, so that the timer is much too
 *   late, there are `ms` milliseconds more, once.
 *
 * ```text
 * source  --a---b-----------
 * result  --a---b-----#         ms = 6
 * ```
 *
 * A value costs no timer: when one is due it is seen whether there has been a value meanwhile.
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
      let heardAt = scheduler.now();
      /** The silence, by when it began, that has been given more time. */
      let prolonged: number | undefined;
      let waiting = Subscription.EMPTY;

      const wait = (time: number): void => {
        const dueAt = scheduler.now() + time;
        waiting = backgroundTimer(time, scheduler).subscribe(() => {
          const isLate = scheduler.now() - dueAt > ms * TOLERANCE;
          unlessHeard(isLate && prolonged !== heardAt ? prolong : isRealTime(scheduler) ? readFirst : fail);
        });
      };
      const unlessHeard = (action: () => void): void => {
        const now = scheduler.now();
        heardAt = Math.min(heardAt, now); // it is later where somebody has put the clock back
        const rest = heardAt + ms - now;
        if (rest > 0) {
          wait(rest);
        } else {
          action();
        }
      };
      const prolong = (): void => {
        prolonged = heardAt;
        wait(ms);
      };
      const readFirst = (): void => {
        waiting = nextTurn$.subscribe(() => {
          unlessHeard(fail);
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
              heardAt = scheduler.now();
              wait(ms);
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
      subscriber.add(
        signs$.subscribe(() => {
          heardAt = scheduler.now();
        }),
      );
      source
        .pipe(
          tap(() => {
            heardAt = scheduler.now();
          }),
        )
        .subscribe(subscriber);
    });
}

/** Whether its time is the system's. A virtual one's stands still while what the system has is read. */
function isRealTime(scheduler: SchedulerLike): boolean {
  return Math.abs(scheduler.now() - Date.now()) < SAME_CLOCK;
}
