import { connectOverLoopback } from '../connect-over-loopback.js';
import { byteRate } from './byte-rate.js';
import { consume } from './consume.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import type { ChannelWorkload } from './workload.js';

/** One busy channel beside many that are open and idle, as on a server with many quiet clients: do they cost it anything? */
export const busy: ChannelWorkload = {
  name: 'busy',
  title: 'One busy channel beside idle ones, writes of 64 KiB',
  parameter: {
    name: 'idle channels',
    values: [0, 10_000],
    label: (value) => `${value.toLocaleString('en')} idle`,
  },
  figures: [
    {
      name: 'rate',
      title: 'Throughput',
      unit: 'MB/s',
      better: 'more',
      comparedWith: ['itself'],
    },
  ],
  time: { warmUpSeconds: 2, seconds: 1 },
  channels: (value) => 1 + value,
  async run(peer, { value, ...time }) {
    const connection = await connectOverLoopback(peer);
    for (const idle of await openChannels(connection, value)) {
      consume(idle);
    }
    const channel = await connection.open();
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await byteRate([channel], time, () => {
      flood(channel.near, BULK);
    });
    return { rate: bytesPerSecond / 1e6, cpuSecondsPerGigabyte };
  },
};
