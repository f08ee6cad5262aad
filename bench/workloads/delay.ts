import { delayedLink } from '../delayed-link.js';
import { byteRate } from './byte-rate.js';
import { BULK, flood } from './flood.js';
import type { ChannelWorkload } from './workload.js';

const BITS_PER_SECOND = 1e9;

/**
 * How much of a long line one channel uses, with the default settings of each peer: the ones that most users have. The
 * link is simulated, in memory; what the peer `raw` gets of it shows that all of it is to be had.
 */
export const delay: ChannelWorkload = {
  name: 'delay',
  title: 'Delay: one bulk channel over 1 Gbit/s, default settings',
  parameter: {
    name: 'delay each way',
    values: [1, 5, 20, 50, 100],
    label: (value) => `${value} ms`,
  },
  figures: [
    {
      name: 'used',
      title: 'Part of the line that is used',
      unit: '1 = all of it',
      better: 'more',
      scale: 'logarithmic',
      most: 1,
      comparedWith: [],
    },
  ],
  time: { warmUpSeconds: 2.5, seconds: 1 },
  channels: () => 1,
  async run(peer, { value, ...time }) {
    const link = delayedLink({ delayMs: value, bitsPerSecond: BITS_PER_SECOND });
    const channel = await peer.connect(link, 'defaults').open();
    const { bytesPerSecond } = await byteRate([channel], time, () => {
      flood(channel.near, BULK);
    });
    return { used: (8 * bytesPerSecond) / BITS_PER_SECOND };
  },
};
