import { Subject } from 'rxjs';
import { reportError } from './report-error.js';

/**
 * A Subject that is handed out as an Observable. Whoever calls `unsubscribe()` on it, and not on a subscription, has made a
 * mistake, which does nothing: it must go on telling everybody else.
 *
 * What subscribers throw is reported, also where RxJS is told to throw it at once: whoever tells them has to go on.
 */
export class Broadcast<T> extends Subject<T> {
  override next(value: T): void {
    try {
      super.next(value);
    } catch (error) {
      report(error, this.closed);
    }
  }

  override error(reason: unknown): void {
    try {
      super.error(reason);
    } catch (error) {
      report(error, this.closed);
    }
  }

  override complete(): void {
    try {
      super.complete();
    } catch (error) {
      report(error, this.closed);
    }
  }

  override unsubscribe(): void {
    // see above
  }
}

/** A Subject that has been closed throws that at whoever still uses it. */
function report(error: unknown, isClosed: boolean): void {
  if (isClosed) {
    throw error;
  }
  reportError(error);
}
