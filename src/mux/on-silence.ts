import { defer, finalize, type MonoTypeOperatorFunction, type SchedulerLike, tap } from 'rxjs';
import { backgroundInterval } from '../reactive/background-timer.js';

/**
 * Calls `work` at the end of each period in which there has been no value. The result is as the source.
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
      const timer = backgroundInterval(period, scheduler).subscribe(() => {
        if (isSilent) {
          work();
        }
        isSilent = true;
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
