import { noop, type Observable, Subscription } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import type { MessageDelivery } from '../messages/messages.js';
import { leftAtOnce } from '../reactive/left-at-once.js';

/**
 * The values of deliveries, each acknowledged when the next one is asked for. It subscribes once, when the first one is asked
 * for: what has come and was not asked for waits here, as much as the sender has credit for.
 */
export function iterateAhead<T>(
  deliveries$: Observable<MessageDelivery<T>>,
): AsyncGenerator<T, void, undefined> {
  let waiting: MessageDelivery<T>[] = [];
  let end: HalfEnd | undefined;
  let wake: () => void = noop;
  const subscription = new Subscription();
  const leave = (): void => {
    subscription.unsubscribe();
    waiting = [];
    end = {};
    wake();
  };
  async function* values(): AsyncGenerator<T, void, undefined> {
    subscription.add(
      deliveries$.subscribe({
        next: (delivery) => {
          waiting.push(delivery);
          wake();
        },
        error: (error: unknown) => {
          end = { error };
          wake();
        },
        complete: () => {
          end = {};
          wake();
        },
      }),
    );
    try {
      for (;;) {
        const delivery = waiting.shift();
        if (delivery !== undefined) {
          yield delivery.value;
          delivery.ack();
        } else if (end === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ('error' in end) {
          throw end.error;
        } else {
          return;
        }
      }
    } finally {
      subscription.unsubscribe();
    }
  }
  return leftAtOnce(values(), leave);
}
