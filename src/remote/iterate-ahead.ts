import { noop, type Observable } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import type { MessageDelivery } from '../messages/messages.js';

/**
 * The values of deliveries, each acknowledged when the next one is asked for. It subscribes once: what has come and was not
 * asked for waits here, as much as the sender has credit for.
 */
export async function* iterateAhead<T>(
  deliveries$: Observable<MessageDelivery<T>>,
): AsyncGenerator<T, void, undefined> {
  const waiting: MessageDelivery<T>[] = [];
  let end: HalfEnd | undefined;
  let wake: () => void = noop;
  const subscription = deliveries$.subscribe({
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
  });
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
