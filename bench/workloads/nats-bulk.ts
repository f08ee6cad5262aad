import { byteRate } from './byte-rate.js';
import { BULK, flood } from './flood.js';
import { lacksNatsServer, ONE_CHANNEL } from './nats-channel.js';
import type { NatsWorkload } from './workload.js';

/** As `bulk`, with a server of NATS between both ends. */
export const natsBulk: NatsWorkload = {
  name: 'nats-bulk',
  title: 'Bulk over NATS: writes of 64 KiB',
  uses: 'nats',
  lacks: lacksNatsServer,
  parameter: ONE_CHANNEL,
  figures: [
    { name: 'rate', title: 'Throughput', unit: 'MB/s', better: 'more', comparedWith: ['nats-client'] },
  ],
  time: { warmUpSeconds: 1, seconds: 2 },
  async run(channel, time) {
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await byteRate([channel], time, () => {
      flood(channel.near, BULK);
    });
    return { rate: bytesPerSecond / 1e6, cpuSecondsPerGigabyte };
  },
};
