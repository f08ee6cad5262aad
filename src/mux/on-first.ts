import { Observable, type MonoTypeOperatorFunction } from 'rxjs';

/**
 * Calls `work` with the first value, before that is emitted, and never again.
 *
 * @returns an operator whose result is as the source in all else
 */
export function onFirst<T>(work: (first: T) => void): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      let isFirst = true;
      return source.subscribe({
        next: (value) => {
          if (isFirst) {
            isFirst = false;
            work(value);
          }
          subscriber.next(value);
        },
        error: (error: unknown) => {
          subscriber.error(error);
        },
        complete: () => {
          subscriber.complete();
        },
      });
    });
}
