import { BehaviorSubject } from 'rxjs';
import { isolated, reportError } from './report-error.js';

/**
 * A value that changes, handed out as a `StateObservable`. Whoever calls `unsubscribe()` on it, and not on a subscription,
 * has made a mistake, which does nothing: it must go on telling everybody else.
 *
 * What subscribers throw is reported, also where RxJS is told to throw it at once: whoever tells them has to go on.
 */
export class State<T> extends BehaviorSubject<T> {
  /** @param isFinal - whether the value can change no more */
  constructor(value: T, isFinal = false) {
    super(value);
    if (isFinal) {
      this.complete();
    }
  }

  /** As `next`, but tells nobody of a value that is there already. */
  change(value: T): void {
    if (value !== this.value) {
      this.next(value);
    }
  }

  override next(value: T): void {
    try {
      super.next(value);
    } catch (error) {
      reportError(error);
    }
  }

  override error(error: unknown): void {
    isolated(() => {
      super.error(error);
    });
  }

  override complete(): void {
    isolated(() => {
      super.complete();
    });
  }

  override unsubscribe(): void {
    // see above
  }
}
