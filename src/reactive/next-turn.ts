import { Observable, timer } from 'rxjs';

const immediate$ = new Observable<void>((subscriber) => {
  const immediate = setImmediate(() => {
    subscriber.next();
    subscriber.complete();
  });
  return () => {
    clearImmediate(immediate);
  };
});

/**
 * Emits, and completes, when what the system had for this process at the moment has been seen to: sockets have been read.
 * (In browsers, which have no `setImmediate`, after a timer.)
 */
export const nextTurn$: Observable<unknown> = typeof setImmediate === 'function' ? immediate$ : timer(0);
