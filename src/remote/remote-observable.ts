import type { Observable } from 'rxjs';
import type { MessageDelivery } from '../messages/messages.js';

/**
 * Values from the far side. At the caller it is cold: each subscription, be it one of {@link deliveries$} or a `for await`,
 * is a call of its own. As the argument of a handler it can be subscribed to once.
 *
 * To unsubscribe, or to leave a `for await`, stops the far side.
 *
 * @typeParam T - the values
 */
export interface RemoteObservable<T> extends Observable<T> {
  /**
   * The same values, for consumers that finish later than their `next` returns: a value counts as consumed when it is
   * acknowledged, and until then holds back the far side.
   */
  readonly deliveries$: Observable<MessageDelivery<T>>;

  /** `for await (const value of …)`: a value is consumed when the next one is asked for. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>;
}
