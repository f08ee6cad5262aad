import type { Observable } from 'rxjs';

/**
 * The read side of a `BehaviorSubject`: an Observable that has a value at every moment, emits it to each new
 * subscriber at once, and then emits every change. It completes when the value can change no more, and never errors
 * unless said otherwise.
 */
export interface StateObservable<T> extends Observable<T> {
  /** The value now. Still there when the Observable has completed. */
  readonly value: T;
}
