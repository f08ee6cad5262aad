import { Observable, type Subscriber } from 'rxjs';
import type { MessageDelivery } from '../messages/messages.js';
import { iterateAhead } from './iterate-ahead.js';
import type { RemoteObservable } from './remote-observable.js';
import { DELIVERIES, type Taking, VALUES } from './taking.js';

/** Has a subscriber get values in one of the ways to take them. */
export type Begin = <I>(subscriber: Subscriber<I>, taking: Taking<I>) => void;

/** Values that come over a channel. */
export class ValueStream<T> extends Observable<T> implements RemoteObservable<T> {
  readonly #begin: Begin;

  /** @param begin - called at each subscription */
  constructor(begin: Begin) {
    super((subscriber) => {
      begin(subscriber as Subscriber<unknown>, VALUES);
    });
    this.#begin = begin;
  }

  get deliveries$(): Observable<MessageDelivery<T>> {
    return new Observable<MessageDelivery<T>>((subscriber) => {
      this.#begin(subscriber, DELIVERIES as Taking<MessageDelivery<T>>);
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterateAhead(this.deliveries$);
  }
}
