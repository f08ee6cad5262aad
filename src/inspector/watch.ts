import { defer, filter, map, type Observable, repeat, type SchedulerLike, switchMap, take } from 'rxjs';
import { backgroundTimer } from '../reactive/background-timer.js';
import { clockOf } from '../reactive/clock-of.js';
import type { MuxList } from './mux-list.js';
import type { Picture } from './picture.js';
import type { Request } from './request.js';
import { Viewer } from './viewer.js';

/** To look takes no more than one part in so many of the time of the process. */
const SHARE = 5;

/**
 * Pictures for each request: one at once, then, unless it is `paused`, one every `interval`; each later
 * where to look takes long, however many requests come.
 *
 * @param isTaken - whether the last one has been taken: until then there is none
 * @param scheduler - for its clock and its timers, for which no process waits
 */
export function watch(
  list: MuxList,
  request$: Observable<Request>,
  isTaken: () => boolean,
  scheduler: SchedulerLike,
): Observable<Picture> {
  return defer(() => {
    const viewer = new Viewer(list);
    const clock = clockOf(scheduler); // that of the system may be put forward while it looks
    let restsUntil = -Infinity;
    return request$.pipe(
      switchMap((request) => {
        let wait = 0;
        const look = (): Picture | undefined => {
          wait = request.interval;
          if (!isTaken()) {
            return undefined;
          }
          const begin = clock.now();
          const picture = viewer.look(scheduler.now(), request);
          const end = clock.now();
          restsUntil = end + SHARE * (end - begin);
          return picture;
        };
        const picture$ = defer(() =>
          backgroundTimer(Math.max(wait, restsUntil - clock.now()), scheduler),
        ).pipe(
          map(look),
          repeat(),
          filter((picture) => picture !== undefined),
        );
        return request.paused ? picture$.pipe(take(1)) : picture$;
      }),
    );
  });
}
