import { noop, type Observable, take } from 'rxjs';
import { leftAtOnce } from '../reactive/left-at-once.js';

/** Something that counts as consumed when that has been said. */
interface Acknowledged {
  readonly ack: () => void;
}

/**
 * What `deliveries$` delivers, each acknowledged when the next one is asked for. Subscribes for one at a time, so that
 * all others wait where they are counted.
 *
 * @param valueOf - what is delivered
 * @param onLeave - called once, when the iteration ends, however it ends: at once where it is left while it waits, too
 */
export function iterate<D extends Acknowledged, T>(
  deliveries$: Observable<D>,
  valueOf: (delivery: D) => T,
  onLeave: () => void,
): AsyncGenerator<T, void, undefined> {
  let hasLeft = false;
  let stopWaiting: () => void = noop;
  const leave = (): void => {
    if (!hasLeft) {
      hasLeft = true;
      onLeave();
      stopWaiting();
    }
  };
  const next = (): Promise<D | undefined> =>
    new Promise((resolve, reject) => {
      const end = (): void => {
        resolve(undefined);
      };
      const subscription = deliveries$
        .pipe(take(1))
        .subscribe({ next: resolve, error: reject, complete: end });
      stopWaiting = () => {
        subscription.unsubscribe();
        end();
      };
    });
  async function* values(): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const delivery = await next();
        if (delivery === undefined) {
          return;
        }
        yield valueOf(delivery);
        delivery.ack();
      }
    } finally {
      leave();
    }
  }
  return leftAtOnce(values(), leave);
}
