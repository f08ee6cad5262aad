import {
  catchError,
  defer,
  EMPTY,
  filter,
  map,
  type Observable,
  pairwise,
  type SchedulerLike,
  startWith,
} from 'rxjs';
import { backgroundInterval } from '../reactive/background-timer.js';
import type { StateObservable } from '../reactive/state-observable.js';

/**
 * Emits at the end of each period at whose beginning bytes waited in the carrier, and in which some have left it. So the line
 * moves, though the peer may have no reason to say anything: what waits is still on its way to it.
 *
 * Completes where `capacity$` has failed, which is for others to tell.
 *
 * What does not have to wait says nothing, since the system takes that, too, where nobody is at the far end any more.
 *
 * @param capacity$ - bytes that the carrier takes now
 * @param position - bytes that it has been given so far
 * @param period - ms, from 1
 * @param scheduler - where the timer runs
 */
export function moves(
  capacity$: StateObservable<number>,
  position: () => number,
  period: number,
  scheduler: SchedulerLike,
): Observable<void> {
  return defer(() => {
    let most = 0;
    const look = (): { readonly isWaiting: boolean; readonly left: number } => {
      const { value } = capacity$;
      most = Math.max(most, value); // that of an empty carrier
      return { isWaiting: value === 0 || value < most, left: position() + value };
    };
    return backgroundInterval(period, scheduler).pipe(
      map(look),
      startWith(look()),
      pairwise(),
      filter(([before, after]) => before.isWaiting && after.left > before.left),
      map(() => undefined),
    );
  }).pipe(catchError(() => EMPTY));
}
