import { firstValueFrom, type Observable } from 'rxjs';
import type { Delivery } from './channel.js';

/**
 * The chunks of `deliveries$`, each acknowledged when the next one is asked for. Subscribes for one at a time, so that
 * all others wait where they are counted.
 *
 * @param onLeave - called when the iteration ends, however it ends
 */
export async function* iterate(
  deliveries$: Observable<Delivery>,
  onLeave: () => void,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for (;;) {
      const delivery = await firstValueFrom(deliveries$, { defaultValue: undefined });
      if (delivery === undefined) {
        return;
      }
      yield delivery.chunk;
      delivery.ack();
    }
  } finally {
    onLeave();
  }
}
