import { firstValueFrom, type Observable } from 'rxjs';

/** Something that counts as consumed when that has been said. */
interface Acknowledged {
  readonly ack: () => void;
}

/**
 * What `deliveries$` delivers, each acknowledged when the next one is asked for. Subscribes for one at a time, so that
 * all others wait where they are counted.
 *
 * @param valueOf - what is delivered
 * @param onLeave - called when the iteration ends, however it ends
 */
export async function* iterate<D extends Acknowledged, T>(
  deliveries$: Observable<D>,
  valueOf: (delivery: D) => T,
  onLeave: () => void,
): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const delivery = await firstValueFrom(deliveries$, { defaultValue: undefined });
      if (delivery === undefined) {
        return;
      }
      yield valueOf(delivery);
      delivery.ack();
    }
  } finally {
    onLeave();
  }
}
