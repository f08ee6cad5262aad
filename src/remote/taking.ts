import type { Observer } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import { HeldMessage } from '../messages/held-message.js';
import type { IncomingMessages } from '../messages/incoming-messages.js';
import type { MessageDelivery } from '../messages/messages.js';
import { Arguments, Failure } from './call-codec.js';

/** How somebody takes the values of a call: as they are, or as deliveries. */
export type Taking<I> = (value: unknown, size: number, incoming: IncomingMessages<unknown>) => I;

/** A value counts as consumed when `next` has returned. */
export const VALUES: Taking<unknown> = (value) => value;

/** A value counts as consumed when it is acknowledged. */
export const DELIVERIES: Taking<MessageDelivery<unknown>> = (value, size, incoming) => {
  incoming.hold(size);
  return new HeldMessage(value, size, incoming);
};

/** Somebody who takes the values of a call, until they complete or an error comes. */
export class ValueTaker<I> {
  readonly #observer: Observer<I>;
  readonly #taking: Taking<I>;

  constructor(observer: Observer<I>, taking: Taking<I>) {
    this.#observer = observer;
    this.#taking = taking;
  }

  /** A message has come. */
  take(message: unknown, size: number, incoming: IncomingMessages<unknown>): void {
    if (message instanceof Failure) {
      this.#observer.error(message.error);
    } else if (message instanceof Arguments) {
      incoming.refuse('arguments where values were to come'); // the call fails, and not the stream alone
    } else {
      this.#observer.next(this.#taking(message, size, incoming));
    }
  }

  /** No more will come. */
  end(end: HalfEnd): void {
    if ('error' in end) {
      this.#observer.error(end.error);
    } else {
      this.#observer.complete();
    }
  }
}
