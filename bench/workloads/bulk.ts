import { connectOverLoopback } from '../connect-over-loopback.js';
import { byteRate } from './byte-rate.js';
import { count } from './count.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import type { ChannelWorkload } from './workload.js';

/** Large writes over one and many channels, all busy. */
export const bulk: ChannelWorkload = {
  name: 'bulk',
  title: 'Bulk: writes of 64 KiB, all channels busy',
  parameter: {
    name: 'busy channels',
    values: [1, 10, 100, 1000, 10_000],
    label: (value) => count(value, 'channel'),
  },
  figures: [
    {
      name: 'rate',
      title: 'Throughput',
      unit: 'MB/s',
      better: 'more',
      comparedWith: ['raw'],
    },
  ],
  time: { warmUpSeconds: 2, seconds: 1 },
  channels: (value) => value,
  async run(peer, { value, ...time }) {
    const channels = await openChannels(await connectOverLoopback(peer), value);
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await byteRate(channels, time, () => {
      for (const { near } of channels) {
        flood(near, BULK);
      }
    });
    return { rate: bytesPerSecond / 1e6, cpuSecondsPerGigabyte };
  },
};
