import { setTimeout as sleep } from 'node:timers/promises';
import { delayedLink } from '../delayed-link.js';
import { ask } from './ask.js';
import { byteRate } from './byte-rate.js';
import { BULK, flood } from './flood.js';
import { percentile } from './percentile.js';
import type { ChannelWorkload } from './workload.js';

const BITS_PER_SECOND = 1e9;

/**
 * A question every 20 ms beside one bulk channel over a long line, with the default settings of each peer. Without bulk
 * it takes one round trip. A peer without channels has a line of its own for the question.
 */
export const delayQuestion: ChannelWorkload = {
  name: 'delay-question',
  title: 'Delay: a question beside one bulk channel over 1 Gbit/s, default settings',
  parameter: {
    name: 'delay each way',
    values: [50],
    label: (value) => `${value} ms`,
  },
  figures: [
    {
      name: 'roundTrips',
      title: 'Median time there and back',
      unit: 'round trips',
      better: 'less',
      comparedWith: [],
    },
    {
      name: 'used',
      title: 'Part of the line that bulk uses meanwhile',
      unit: '1 = all of it',
      better: 'more',
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 4, seconds: 2 },
  channels: () => 1,
  async run(peer, { value, hasChannels, ...time }) {
    const connect = () =>
      peer.connect(delayedLink({ delayMs: value, bitsPerSecond: BITS_PER_SECOND }), 'defaults');
    const connection = connect();
    const channel = await connection.open();
    const asking = ask(await (hasChannels ? connection : connect()).open());
    const measuring = byteRate([channel], time, () => {
      flood(channel.near, BULK);
    });
    await sleep(1000 * time.warmUpSeconds);
    asking.restart();
    const { bytesPerSecond } = await measuring;
    const times = asking.milliseconds();
    return {
      roundTrips: percentile(times, 0.5) / (2 * value),
      p99: percentile(times, 0.99),
      used: (8 * bytesPerSecond) / BITS_PER_SECOND,
    };
  },
};
