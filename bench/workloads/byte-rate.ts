import { setTimeout as sleep } from 'node:timers/promises';
import type { Time } from '../case.js';
import type { Channel } from '../peer.js';

/**
 * The bytes that the far ends of `channels` consume per second, after the warm-up.
 *
 * @param start - begins to send
 */
export async function byteRate(
  channels: readonly Channel[],
  { warmUpSeconds, seconds }: Time,
  start: () => void,
): Promise<number> {
  let consumed = 0;
  for (const { far } of channels) {
    far.onBytes((bytes) => {
      consumed += bytes;
    });
  }
  start();
  await sleep(1000 * warmUpSeconds);
  const consumedBefore = consumed;
  const begin = performance.now();
  await sleep(1000 * seconds);
  return (consumed - consumedBefore) / ((performance.now() - begin) / 1000);
}
