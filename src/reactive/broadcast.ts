import { Subject } from 'rxjs';

/**
 * A Subject that is handed out as an Observable. Whoever calls `unsubscribe()` on it, and not on a subscription, has made a
 * mistake, which does nothing: it must go on telling everybody else.
 */
export class Broadcast<T> extends Subject<T> {
  override unsubscribe(): void {
    // see above
  }
}
