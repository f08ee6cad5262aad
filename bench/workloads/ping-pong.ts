import { connectOverLoopback } from '../connect-over-loopback.js';
import { consume } from './consume.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import { timesOf } from './play.js';
import type { ChannelWorkload } from './workload.js';

/**
 * 32 bytes there and back, one at a time: alone, and beside channels that send as fast as they may, the same way as the
 * ping. (Both ends live in one process, which is full of them; those of the other way would only fill it more.)
 */
export const pingPong: ChannelWorkload = {
  name: 'ping-pong',
  title: 'Ping-pong: 32 bytes there and back',
  parameter: {
    name: 'bulk channels beside it',
    values: [0, 9],
    label: (value) => (value === 0 ? 'alone' : `beside ${value} bulk channels`),
  },
  figures: [
    {
      name: 'median',
      title: 'Median time there and back',
      unit: 'µs',
      better: 'less',
      comparedWith: ['raw', 'itself'],
    },
    {
      name: 'p99',
      title: 'Time there and back that 99 of 100 stay below',
      unit: 'µs',
      better: 'less',
      comparedWith: ['itself'],
    },
  ],
  time: { warmUpSeconds: 2, seconds: 1.5 },
  channels: (value) => 1 + value,
  async run(peer, { value, ...time }) {
    const connection = await connectOverLoopback(peer);
    const others = await openChannels(connection, value);
    const channel = await connection.open();
    for (const other of others) {
      consume(other);
      flood(other.near, BULK);
    }
    return timesOf(channel, time);
  },
};
