import { filter, firstValueFrom, type Observable, scan } from 'rxjs';
import type { Channel } from 'rxmux';
import { randomBytes } from './exchange.js';

/**
 * Sends bytes without end, until the channel fails.
 *
 * @returns how many have come so far
 */
export function flood(channel: Channel): Observable<number> {
  const piece = randomBytes(30_011);
  const send = async (): Promise<void> => {
    while (await firstValueFrom(channel.writable$.pipe(filter(Boolean)), { defaultValue: false })) {
      channel.outbound$.next(piece);
    }
  };
  void send();
  return channel.inbound$.pipe(scan((sum, { length }) => sum + length, 0));
}
