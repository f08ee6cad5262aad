import { Subject } from 'rxjs';
import { reportError } from '../reactive/report-error.js';
import type { HalfEnd } from './half-end.js';

/** Whose `outbound$` it is. */
export interface OutboundOwner<T> {
  /** Sends a value. */
  give(value: T): void;
  /** The application sends no more. */
  finish(end: HalfEnd): void;
}

/** `outbound$`: a Subject whose values are also sent. */
export class OutboundSubject<T> extends Subject<T> {
  constructor(private readonly half: OutboundOwner<T>) {
    super();
  }

  override next(value: T): void {
    if (this.closed) {
      super.next(value); // throws, as every Subject that has been closed
    } else {
      this.half.give(value);
    }
  }

  /** Shows the subscribers what has been given. What they throw is reported. */
  show(value: T): void {
    try {
      super.next(value);
    } catch (error) {
      reportError(error);
    }
  }

  override error(error: unknown): void {
    this.half.finish({ error });
  }

  override complete(): void {
    this.half.finish({});
  }

  override unsubscribe(): void {
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- what the application asked for
    super.unsubscribe();
    this.half.finish({});
  }
}
