import { connectOverLoopback } from '../connect-over-loopback.js';
import { byteRate } from './byte-rate.js';
import { flood } from './flood.js';
import type { ChannelWorkload } from './workload.js';

/** One channel, writes of one size at a time: from where on do bytes cost more than messages? */
export const sizes: ChannelWorkload = {
  name: 'sizes',
  title: 'Sizes: one channel, writes of all sizes',
  parameter: {
    name: 'size of a write',
    values: [16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
    label: inBytes,
  },
  figures: [
    {
      name: 'rate',
      title: 'Throughput',
      unit: 'MB/s',
      better: 'more',
      scale: 'logarithmic',
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 0.3, seconds: 0.5 },
  channels: () => 1,
  async run(peer, { value, ...time }) {
    const channel = await (await connectOverLoopback(peer)).open();
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await byteRate([channel], time, () => {
      flood(channel.near, Buffer.alloc(value, 'x'));
    });
    return { rate: bytesPerSecond / 1e6, cpuSecondsPerGigabyte };
  },
};

function inBytes(value: number): string {
  if (value < 1024) {
    return `${value} B`;
  }
  return value < 1_048_576 ? `${value / 1024} KiB` : `${value / 1_048_576} MiB`;
}
