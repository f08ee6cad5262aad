import type { Observable } from 'rxjs';
import { Once } from './once.js';

/**
 * What a promise brings, or fails with. Who unsubscribes hears nothing of it, however late it comes, and is not kept by a promise
 * that somebody keeps and that never settles.
 */
export function promised<T>(promise: PromiseLike<T>): Observable<T> {
  const settled$ = new Once<T>();
  // One of another library may throw in `then`.
  Promise.resolve(promise).then(
    (value) => {
      settled$.settle(value);
    },
    (error: unknown) => {
      settled$.error(error);
    },
  );
  return settled$;
}
