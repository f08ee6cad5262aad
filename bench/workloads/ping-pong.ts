import { setTimeout as sleep } from 'node:timers/promises';
import { connectOverLoopback } from '../connect-over-loopback.js';
import type { Channel } from '../peer.js';
import { consume } from './consume.js';
import { BULK, flood } from './flood.js';
import { openChannels } from './open-channels.js';
import { percentile } from './percentile.js';
import type { ChannelWorkload } from './workload.js';

const PING = Buffer.alloc(32, 'x');

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
  time: { warmUpSeconds: 0.5, seconds: 1.5 },
  channels: (value) => 1 + value,
  async run(peer, { value, warmUpSeconds, seconds }) {
    const connection = await connectOverLoopback(peer);
    const others = await openChannels(connection, value);
    const channel = await connection.open();
    for (const other of others) {
      consume(other);
      flood(other.near, BULK);
    }
    const timing = play(channel);
    await sleep(1000 * warmUpSeconds);
    timing.restart();
    await sleep(1000 * seconds);
    const times = timing.microseconds();
    return {
      median: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      max: percentile(times, 1),
      count: times.length,
    };
  },
};

/** Plays for ever. */
function play({ near, far }: Channel): { restart(): void; microseconds(): readonly number[] } {
  let times: number[] = [];
  let sentAt = 0;
  const elapsed = () => 1000 * (performance.now() - sentAt);
  const serve = () => {
    sentAt = performance.now();
    near.write(PING);
  };
  onEach(far, () => {
    far.write(PING);
  });
  onEach(near, () => {
    times.push(elapsed());
    serve();
  });
  serve();
  return {
    restart: () => {
      times = [];
    },
    // Where not one has come back, that one has taken at least so long.
    microseconds: () => (times.length === 0 ? [elapsed()] : times),
  };
}

/** Calls `listener` for each ping that has arrived as a whole. */
function onEach(end: Channel['near'], listener: () => void): void {
  let received = 0;
  end.onBytes((bytes) => {
    received += bytes;
    if (received === PING.length) {
      received = 0;
      listener();
    }
  });
}
