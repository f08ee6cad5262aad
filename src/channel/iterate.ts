import type { Observable } from 'rxjs';
import type { Delivery } from './channel.js';

/**
 * The chunks of `deliveries$`, each acknowledged when the next one is asked for. The window bounds what waits here.
 *
 * @param onLeave - called when the iteration ends, however it ends
 */
export async function* iterate(
  deliveries$: Observable<Delivery>,
  onLeave: () => void,
): AsyncGenerator<Buffer, void, undefined> {
  const waiting: Delivery[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
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
        yield delivery.chunk;
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
    onLeave();
  }
}
