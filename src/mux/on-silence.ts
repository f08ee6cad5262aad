import { defer, finalize, type MonoTypeOperatorFunction, type SchedulerLike, tap } from 'rxjs';
import { backgroundInterval } from '../reactive/background-timer.js';

/**
 * Calls `work` at the end of each period in which there has been no value. The result is as the source.
 *
 * Where the process was busy, so that the timer has missed a period, nobody knows whether the value that has come was in that one
 * or in the next: then it is called, too.
 *
 * @param period - ms, from 1
 * @param scheduler - where the timer runs
 */
export function onSilence<T>(
  period: number,
  scheduler: SchedulerLike,
  work: () => void,
): MonoTypeOperatorFunction<T> {
  return (source) =>
    defer(() => {
      let isSilent = true;
      let before = scheduler.now();
      const timer = backgroundInterval(period, scheduler).subscribe(() => {
        if (isSilent || scheduler.now() - before >= 2 * period) {
          work();
        }
        isSilent = true;
        before = scheduler.now();
      });
      return source.pipe(
        tap(() => {
          isSilent = false;
        }),
        finalize(() => {
          timer.unsubscribe();
        }),
      );
    });
}
