import { Observable } from 'rxjs';

/** Emits, and completes, when what the system had for this process at the moment has been seen to: sockets have been read. */
export const nextTurn$ = new Observable<void>((subscriber) => {
  const immediate = setImmediate(() => {
    subscriber.next();
    subscriber.complete();
  });
  return () => {
    clearImmediate(immediate);
  };
});
