import { setTimeout as sleep } from 'node:timers/promises';
import type { Time } from '../case.js';
import type { Channel } from '../peer.js';

/** What it takes to move bytes. */
export interface ByteRate {
  readonly bytesPerSecond: number;
  /** Time of the processor, both ends together: it tells of a peer's cost on a machine that is busy otherwise, too. */
  readonly cpuSecondsPerGigabyte: number;
}

/**
 * The rate at which the far ends of `channels` consume bytes, after the warm-up.
 *
 * @param start - begins to send
 */
export async function byteRate(
  channels: readonly Channel[],
  { warmUpSeconds, seconds }: Time,
  start: () => void,
): Promise<ByteRate> {
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
  const cpuBefore = process.cpuUsage();
  await sleep(1000 * seconds);
  const { user, system } = process.cpuUsage(cpuBefore);
  const bytes = consumed - consumedBefore;
  return {
    bytesPerSecond: bytes / ((performance.now() - begin) / 1000),
    cpuSecondsPerGigabyte: (1000 * (user + system)) / bytes,
  };
}
