import { interval, map, type Observable, scan, startWith } from 'rxjs';
import type { Mux } from 'rxmux';
import { serve } from 'rxmux/remote';
import type { Feeds, Point } from './feeds.js';

const NAMES = Array.from({ length: 20 }, (_, index) => `sensor ${index + 1}`);

/** Twenty values a second, which wander about. */
function feed(): Observable<Point> {
  const first: Point = { value: 50, count: 0 };
  return interval(50).pipe(
    map(() => 6 * Math.random() - 3),
    scan(
      ({ value, count }, step) => ({ value: Math.min(100, Math.max(0, value + step)), count: count + 1 }),
      first,
    ),
    startWith(first),
  );
}

/** Serves them so that no value waits for more than one before it: a page that is slow gets the latest. */
export function serveFeeds(mux: Mux): void {
  serve<Feeds>(
    mux,
    { names: () => Promise.resolve(NAMES), feed },
    { overflow: 'latest', channel: { sendHighWaterMark: 1 } },
  );
}
