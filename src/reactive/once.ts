import { AsyncSubject } from 'rxjs';

/**
 * Something that happens once: emits when it does and completes, or errors, for late subscribers too.
 *
 * It is handed out as an Observable. Whoever calls `unsubscribe()` on it, and not on a subscription, has made a mistake,
 * which does nothing: it must go on telling everybody else.
 */
export class Once<T> extends AsyncSubject<T> {
  /** It has happened. */
  settle(value: T): void {
    this.next(value);
    this.complete();
  }

  override unsubscribe(): void {
    // see above
  }
}
