import type { Observable, Observer, Subscription } from 'rxjs';
import { DecodeError } from '../errors.js';
import type { MessageDelivery, Messages } from '../messages/messages.js';
import { Arguments, Failure } from './call-codec.js';

/** How somebody takes the values of a call: as they are, or as deliveries. */
export interface Taking<I> {
  from(messages: Messages<unknown>): Observable<I>;
  valueOf(item: I): unknown;
}

/** A value counts as consumed when `next` has returned. */
export const VALUES: Taking<unknown> = {
  from: ({ inbound$ }) => inbound$,
  valueOf: (value) => value,
};

/** A value counts as consumed when it is acknowledged. */
export const DELIVERIES: Taking<MessageDelivery<unknown>> = {
  from: ({ deliveries$ }) => deliveries$,
  valueOf: ({ value }) => value,
};

/** Has `observer` get what comes on a channel: values, until they complete or an error comes. */
export function take<I>(messages: Messages<unknown>, taking: Taking<I>, observer: Observer<I>): Subscription {
  return taking.from(messages).subscribe({
    next: (item) => {
      const value = taking.valueOf(item);
      if (value instanceof Failure) {
        observer.error(value.error);
      } else if (value instanceof Arguments) {
        observer.error(new DecodeError('arguments have come where values were to come'));
      } else {
        observer.next(item);
      }
    },
    error: (error: unknown) => {
      observer.error(error);
    },
    complete: () => {
      observer.complete();
    },
  });
}
