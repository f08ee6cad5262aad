import { setTimeout as sleep } from 'node:timers/promises';
import { connectOverLoopback } from '../connect-over-loopback.js';
import { count } from './count.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import type { ChannelWorkload } from './workload.js';

/** Time between two looks. */
const INTERVAL_MS = 50;

/**
 * How evenly channels share the connection when all of them have more to send than it takes: how far the slowest is
 * behind the fastest, in what has been consumed since the beginning, at the worst moment after the warm-up.
 */
export const fairness: ChannelWorkload = {
  name: 'fairness',
  title: 'Fairness: how far the slowest of busy channels falls behind the fastest',
  parameter: {
    name: 'busy channels',
    values: [100],
    label: (value) => count(value, 'channel'),
  },
  figures: [
    {
      name: 'behind',
      title: 'Behind the fastest at the worst moment',
      unit: '%',
      better: 'less',
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 1, seconds: 1 },
  channels: (value) => value,
  async run(peer, { value, warmUpSeconds, seconds }) {
    const channels = await openChannels(await connectOverLoopback(peer), value);
    const consumed = channels.map(() => 0);
    channels.forEach(({ near, far }, index) => {
      far.onBytes((bytes) => {
        consumed[index] = (consumed[index] ?? 0) + bytes;
      });
      flood(near, BULK);
    });
    await sleep(1000 * warmUpSeconds);
    const end = performance.now() + 1000 * seconds;
    let worst = 0;
    do {
      await sleep(INTERVAL_MS);
      const fastest = Math.max(...consumed);
      worst = Math.max(worst, fastest === 0 ? 1 : 1 - Math.min(...consumed) / fastest);
    } while (performance.now() < end);
    return { behind: 100 * worst };
  },
};
