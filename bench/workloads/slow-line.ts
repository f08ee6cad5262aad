import { setTimeout as sleep } from 'node:timers/promises';
import { delayedLink } from '../delayed-link.js';
import { loopback } from '../loopback.js';
import { hasOwnNetwork, shapeLoopback } from '../network.js';
import type { CarrierPair, Connection, Peer } from '../peer.js';
import { ask } from './ask.js';
import { byteRate } from './byte-rate.js';
import { count } from './count.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import { percentile } from './percentile.js';
import type { ChannelWorkload } from './workload.js';

/**
 * A question of 32 bytes now and then beside channels that send as fast as they may, the same way as the question, over
 * lines of different rates, with the default settings of each peer. How long does the answer take, and how much of the line
 * is used?
 *
 * The line is a TCP connection over loopback in a network of its own, shaped by the kernel, where the machine lets a
 * process have that; or else simulated, in memory. A peer without channels has a connection for the question, and one for
 * bulk: what it gets of the line is what there is to be had.
 */
export const slowLine = (name: string, bulkChannels: number): ChannelWorkload => ({
  name,
  title: `Slow lines: a question beside ${count(bulkChannels, 'bulk channel')}, default settings`,
  parameter: {
    name: 'rate of the line',
    values: [1, 8, 80, 800],
    label: (value) => `${value} Mbit/s`,
  },
  figures: [
    {
      name: 'median',
      title: 'Median time there and back',
      unit: 'ms',
      better: 'less',
      scale: 'logarithmic',
      comparedWith: [],
    },
    {
      name: 'p99',
      title: 'Time there and back that 99 of 100 stay below',
      unit: 'ms',
      better: 'less',
      scale: 'logarithmic',
      comparedWith: [],
    },
    {
      name: 'rate',
      title: 'Bulk that gets through meanwhile',
      unit: 'MB/s',
      better: 'more',
      scale: 'logarithmic',
      comparedWith: ['raw'],
    },
  ],
  time: { warmUpSeconds: 4, seconds: 5 },
  channels: () => 1,
  ownNetwork: true,
  note: (outcomes) =>
    outcomes.some((outcome) => typeof outcome === 'object' && outcome['isShaped'] === 0)
      ? 'The line is simulated, in memory.'
      : 'The line is TCP over loopback, shaped by the kernel, both directions together.',
  async run(peer, { value, hasChannels, ...time }) {
    const connect = connector(value * 1e6);
    const connection = await connect(peer);
    const channels = await openChannels(connection, hasChannels ? bulkChannels : 1);
    const question = await (hasChannels ? connection : await connect(peer)).open();
    const asking = ask(question);
    const measuring = byteRate(channels, time, () => {
      for (const { near } of channels) {
        flood(near, BULK);
      }
    });
    await sleep(1000 * time.warmUpSeconds);
    asking.restart();
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await measuring;
    const times = asking.milliseconds();
    return {
      median: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      max: percentile(times, 1),
      rate: bytesPerSecond / 1e6,
      isShaped: hasOwnNetwork() ? 1 : 0,
      cpuSecondsPerGigabyte,
    };
  },
});

/** Makes connections over the same line, if there is one; or else each over one of its own. */
function connector(bitsPerSecond: number): (peer: Peer) => Promise<Connection> {
  let connect: () => Promise<CarrierPair> = () => Promise.resolve(delayedLink({ delayMs: 0, bitsPerSecond }));
  if (hasOwnNetwork()) {
    shapeLoopback(bitsPerSecond);
    connect = loopback;
  }
  return async (peer) => peer.connect(await connect(), 'defaults');
}
