import { Observable } from 'rxjs';
import type { Bytes } from '../bytes.js';
import type { Channel } from '../channel/channel.js';

/**
 * The bytes that come on a channel of their own, which each subscription opens and ends this side's half of at once.
 * Unsubscribing destroys it.
 *
 * @param open - opens the channel. What it throws is the error of the result
 */
export function observe<H>(open: () => Channel<H>): Observable<Bytes> {
  return new Observable<Bytes>((subscriber) => {
    const channel = open();
    channel.outbound$.complete();
    channel.inbound$.subscribe(subscriber);
    subscriber.add(() => {
      channel.destroy(); // behind that, which then hears nothing of it
    });
  });
}
