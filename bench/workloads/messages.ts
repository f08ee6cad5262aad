import { connectOverLoopback } from '../connect-over-loopback.js';
import type { ChannelEnd } from '../peer.js';
import { byteRate } from './byte-rate.js';
import { count } from './count.js';
import { flood } from './flood.js';
import { openChannels } from './open-channels.js';
import type { ChannelWorkload } from './workload.js';

const MESSAGE = Buffer.alloc(64, 'x');

/** Small writes, one by one: as fast as it goes over one channel, and over many in turn. */
export const messages: ChannelWorkload = {
  name: 'messages',
  title: 'Messages: writes of 64 bytes, over the channels in turn',
  parameter: {
    name: 'channels',
    values: [1, 1000],
    label: (value) => count(value, 'channel'),
  },
  figures: [
    {
      name: 'rate',
      title: 'Messages per second',
      unit: 'thousand/s',
      better: 'more',
      comparedWith: ['raw', 'http2'],
    },
  ],
  time: { warmUpSeconds: 2, seconds: 1 },
  channels: (value) => value,
  async run(peer, { value, ...time }) {
    const channels = await openChannels(await connectOverLoopback(peer), value);
    const ends = channels.map(({ near }) => near);
    const [only] = ends;
    const { bytesPerSecond, cpuSecondsPerGigabyte } = await byteRate(channels, time, () => {
      if (only !== undefined && value === 1) {
        flood(only, MESSAGE);
      } else {
        floodInTurn(ends);
      }
    });
    return { rate: bytesPerSecond / MESSAGE.length / 1000, cpuSecondsPerGigabyte };
  },
};

/** A message over each channel that has room for it, once in every turn of the event loop: no two to the same one in a row. */
function floodInTurn(ends: readonly ChannelEnd[]): void {
  const hasRoom = ends.map(() => true);
  ends.forEach((end, index) => {
    end.onWritable(() => {
      hasRoom[index] = true;
    });
  });
  const round = (): void => {
    ends.forEach((end, index) => {
      if (hasRoom[index] === true) {
        hasRoom[index] = end.write(MESSAGE);
      }
    });
    setImmediate(round);
  };
  round();
}
