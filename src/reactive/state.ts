import { BehaviorSubject } from 'rxjs';

/**
 * A value that changes, handed out as a `StateObservable`. Whoever calls `unsubscribe()` on it, and not on a subscription,
 * has made a mistake, which does nothing: it must go on telling everybody else.
 */
export class State<T> extends BehaviorSubject<T> {
  /** As `next`, but tells nobody of a value that is there already. */
  change(value: T): void {
    if (value !== this.value) {
      this.next(value);
    }
  }

  override unsubscribe(): void {
    // see above
  }
}
