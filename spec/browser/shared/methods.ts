import { interval, map, type Observable, take } from 'rxjs';
import type { Mux } from 'rxmux';
import { RemoteError, serve } from 'rxmux/remote';

/** What every far end serves. */
export interface Methods {
  add(a: number, b: number): Promise<number>;
  count(to: number): Observable<number>;
  double(numbers$: Observable<number>): Observable<number>;
  fail(): Promise<void>;
  /** Counts without end, as fast as it is taken. */
  endless(): AsyncIterable<number>;
  /** How far the last `endless` has come, and whether it has been let go of. */
  given(): Promise<{ readonly given: number; readonly isOver: boolean }>;
}

/** Serves them. */
export function serveMethods(mux: Mux): void {
  let given = 0;
  let isOver = false;
  serve<Methods>(mux, {
    add: (a, b) => a + b,
    count: (to) => interval(1).pipe(take(to)),
    double: (numbers$) => numbers$.pipe(map((n) => 2 * n)),
    fail: () => {
      throw new RemoteError('CODE', 'words', [1]);
    },
    endless: function* () {
      try {
        for (given = 0; ; given += 1) {
          yield given;
        }
      } finally {
        isOver = true;
      }
    },
    given: () => ({ given, isOver }),
  });
}
