import type { Observer, Subscription } from 'rxjs';
import { Broadcast } from './broadcast.js';

/** Whoever has something to give. */
export interface DemandListener {
  /** Somebody has begun to listen. */
  onDemand(): void;
  /** Nobody listens any more. */
  onIdle?(): void;
}

/**
 * A Subject that tells its owner when somebody has begun to listen, and when nobody does any more. Whether somebody does now:
 * `observed`.
 */
export class DemandSubject<T> extends Broadcast<T> {
  /** @param listener - told after each subscription, while there is a subscriber, and when the last one has gone */
  constructor(private readonly listener: DemandListener) {
    super();
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // All overloads, the deprecated one too, are passed on as they are.
    // eslint-disable-next-line rxjs-x/prefer-observer, @typescript-eslint/no-deprecated
    const subscription = super.subscribe(observerOrNext as (value: T) => void, error, complete);
    const onIdle = this.listener.onIdle?.bind(this.listener);
    if (onIdle !== undefined) {
      subscription.add(() => {
        if (!this.observed) {
          onIdle();
        }
      });
    }
    if (this.observed) {
      this.listener.onDemand();
    }
    return subscription;
  }
}
