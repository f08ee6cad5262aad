import { setTimeout as sleep } from 'node:timers/promises';
import { loopback } from '../loopback.js';
import { hasOwnNetwork, shapeLoopback } from '../network.js';
import { ask } from './ask.js';
import { byteRate } from './byte-rate.js';
import { count } from './count.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import { percentile } from './percentile.js';
import type { ChannelWorkload } from './workload.js';

const FAST = 80e6;
const SLOW = 8e6;

/** After the fall the question is measured so many seconds later, and after the rise what bulk has of the line. */
const FALL_SECONDS = 2;
const RISE_SECONDS = 3;

/**
 * A line that falls from 80 to 8 Mbit/s and rises again, with bulk channels and a question every 20 ms: how soon does a
 * sender that has come to know one line know the other? It takes a network of its own, which the kernel shapes.
 */
export const lineChanges: ChannelWorkload = {
  name: 'line-changes',
  title: 'A line that changes: from 80 to 8 Mbit/s and back, default settings',
  parameter: {
    name: 'bulk channels',
    values: [32],
    label: (value) => count(value, 'bulk channel'),
  },
  figures: [
    {
      name: 'median',
      title: `Median time there and back of a question, ${FALL_SECONDS} s after the fall`,
      unit: 'ms',
      better: 'less',
      comparedWith: [],
    },
    {
      name: 'p99',
      title: 'Time there and back then that 99 of 100 stay below',
      unit: 'ms',
      better: 'less',
      comparedWith: [],
    },
    {
      name: 'rate',
      title: `Bulk that gets through, ${RISE_SECONDS} s after the rise`,
      unit: 'MB/s',
      better: 'more',
      comparedWith: ['raw'],
    },
  ],
  time: { warmUpSeconds: 3, seconds: 1.5 },
  channels: () => 1,
  ownNetwork: true,
  async run(peer, { value, hasChannels, warmUpSeconds, seconds }) {
    if (!hasOwnNetwork()) {
      throw new Error('a line that changes takes Linux, root, and iproute2');
    }
    shapeLoopback(FAST);
    const connection = peer.connect(await loopback(), 'defaults');
    const channels = await openChannels(connection, hasChannels ? value : 1);
    const question = await (hasChannels ? connection : peer.connect(await loopback(), 'defaults')).open();
    const asking = ask(question);
    const start = (): void => {
      for (const { near } of channels) {
        flood(near, BULK);
      }
    };
    const measuring = byteRate(
      channels,
      { warmUpSeconds: warmUpSeconds + FALL_SECONDS + seconds + RISE_SECONDS, seconds },
      start,
    );
    await sleep(1000 * warmUpSeconds);
    shapeLoopback(SLOW);
    await sleep(1000 * FALL_SECONDS);
    asking.restart();
    await sleep(1000 * seconds);
    const times = asking.milliseconds();
    shapeLoopback(FAST);
    const { bytesPerSecond } = await measuring;
    return {
      median: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      rate: bytesPerSecond / 1e6,
    };
  },
};
