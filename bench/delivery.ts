import { setTimeout as sleep } from 'node:timers/promises';
import { connectOverLoopback } from './connect-over-loopback.js';
import type { ChannelEnd } from './peer.js';
import { openChannels } from './workloads/open-channels.js';
import type { ChannelWorkload } from './workloads/workload.js';

const SIZES = [1, 65_536, 100, 1000, 200_000, 16_384];

/** Time in which bytes that were never sent, or sent once and delivered twice, may turn up. */
const AFTERMATH_MS = 100;

/**
 * Not a contest but an admission test, before all else: everything that is sent arrives, and nothing else, both ways at
 * once over several channels, through the same adapters that the workloads use. A rate counts for nothing where bytes
 * get lost. Each channel and direction sends a different number of bytes.
 */
export const delivery: ChannelWorkload = {
  name: 'delivery',
  title: 'Delivery of all bytes',
  parameter: { name: 'channels', values: [1, 10], label: String },
  figures: [],
  time: { warmUpSeconds: 0, seconds: 1 },
  channels: (value) => value,
  async run(peer, { value }) {
    const channels = await openChannels(await connectOverLoopback(peer), value);
    const counts = channels.flatMap(({ near, far }, index) => [
      send(near, far, 10 + 2 * index),
      send(far, near, 11 + 2 * index),
    ]);
    await Promise.all(counts.map(({ arrived }) => arrived));
    await sleep(AFTERMATH_MS);
    for (const { sent, received } of counts) {
      if (received() !== sent) {
        throw new Error(`${received()} bytes arrived of ${sent}`);
      }
    }
    return {};
  },
};

/** Sends chunks of all sizes, as back-pressure lets it. `arrived` resolves when as many bytes have come, if they ever do. */
function send(from: ChannelEnd, to: ChannelEnd, rounds: number) {
  const waiting = Array.from({ length: rounds }, () => SIZES)
    .flat()
    .map((size) => Buffer.alloc(size, 'x'));
  const sent = waiting.reduce((sum, { length }) => sum + length, 0);
  let received = 0;
  const arrived = new Promise<void>((resolve) => {
    to.onBytes((bytes) => {
      received += bytes;
      if (received >= sent) {
        resolve();
      }
    });
  });
  const go = (): void => {
    let chunk = waiting.shift();
    while (chunk !== undefined) {
      chunk = from.write(chunk) ? waiting.shift() : undefined;
    }
  };
  from.onWritable(go);
  go();
  return { sent, arrived, received: () => received };
}
