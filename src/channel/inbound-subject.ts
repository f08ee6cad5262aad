import { Subject } from 'rxjs';
import { type DemandListener, DemandSubject } from '../reactive/demand-subject.js';

/** Whose `inbound$` it is. */
export interface InboundOwner extends DemandListener {
  /** No more is wanted. */
  cancel(): void;
}

/** `inbound$`. Only its half ends it. If the application ends or closes it, that means: no more is wanted. */
export class InboundSubject<T> extends DemandSubject<T> {
  constructor(private readonly half: InboundOwner) {
    super(half);
  }

  override complete(): void {
    super.complete();
    this.half.cancel();
  }

  override error(error: unknown): void {
    super.error(error);
    this.half.cancel();
  }

  override unsubscribe(): void {
    // Not that of Broadcast, which does nothing.
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe
    Subject.prototype.unsubscribe.call(this);
    this.half.cancel();
  }

  /** Emits, unless the application has closed it. */
  deliver(value: T): void {
    if (!this.closed) {
      this.next(value);
    }
  }
}
