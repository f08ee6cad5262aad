import { setTimeout as sleep } from 'node:timers/promises';
import type { Peer } from '../peer.js';
import type { RunSettings } from './workload.js';

/**
 * Sends `chunk` over all channels at once, again and again, as fast as back-pressure lets it.
 *
 * @returns the bytes that the far side has consumed per second
 */
export async function flood(
  peer: Peer,
  chunk: Buffer,
  { channels, warmUpSeconds, seconds }: RunSettings,
): Promise<number> {
  const connection = await peer.connect();
  const opened = await Promise.all(Array.from({ length: channels }, () => connection.open()));
  let consumed = 0;
  for (const { near, far } of opened) {
    far.onBytes((bytes) => {
      consumed += bytes;
    });
    const send = (): void => {
      let hasRoom = true;
      while (hasRoom) {
        hasRoom = near.write(chunk);
      }
    };
    near.onWritable(send);
    send();
  }
  await sleep(1000 * warmUpSeconds);
  const consumedBefore = consumed;
  const begin = performance.now();
  await sleep(1000 * seconds);
  return (consumed - consumedBefore) / ((performance.now() - begin) / 1000);
}
