import { asyncScheduler, Observable, type TeardownLogic } from 'rxjs';

const later: (work: () => void) => TeardownLogic =
  typeof setImmediate === 'function'
    ? (work) => {
        const immediate = setImmediate(work);
        return () => {
          clearImmediate(immediate);
        };
      }
    : (work) => asyncScheduler.schedule(work);

/**
 * Emits, and completes, when what the system had for this process at the moment has been seen to: sockets have been read.
 * (In browsers, which have no `setImmediate`, after a timer.) Who leaves with that is told nothing more.
 */
export const nextTurn$: Observable<unknown> = new Observable<void>((subscriber) =>
  later(() => {
    subscriber.next();
    if (!subscriber.closed) {
      subscriber.complete();
    }
  }),
);
