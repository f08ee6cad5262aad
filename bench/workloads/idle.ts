import { connectOverLoopback } from '../connect-over-loopback.js';
import type { Channel } from '../peer.js';
import { consume } from './consume.js';
import { count } from './count.js';
import { openChannels } from './open-channels.js';
import type { ChannelWorkload } from './workload.js';

/** Opened before the count begins, so that what the first channels bring with them once for all is not counted. */
const FIRST = 100;

/**
 * What an open channel takes up while nothing happens, both its ends together: on the heap, first by itself and then with
 * somebody at each end who consumes what may come; and in the memory of the process, which has room to spare in it and so
 * is less exact. (The streams of HTTP/2 live outside of the heap for the most part.) Of the measuring code it includes a
 * few words for each end.
 */
export const idle: ChannelWorkload = {
  name: 'idle',
  title: 'Idle: memory of an open channel that does nothing, both ends together',
  parameter: {
    name: 'channels',
    values: [10_000],
    label: (value) => count(value, 'channel'),
  },
  figures: [
    {
      name: 'heap',
      title: 'Heap per idle channel',
      unit: 'KiB',
      better: 'less',
      comparedWith: ['http2'],
    },
    {
      name: 'consumed',
      title: 'Heap per idle channel that somebody consumes at each end',
      unit: 'KiB',
      better: 'less',
      comparedWith: ['http2'],
    },
    {
      name: 'rss',
      title: 'Memory of the process per idle channel, what is outside of the heap included',
      unit: 'KiB',
      better: 'less',
      comparedWith: ['http2'],
    },
  ],
  time: { warmUpSeconds: 0, seconds: 0 },
  channels: (value) => value,
  async run(peer, { value }) {
    const connection = await connectOverLoopback(peer);
    const channels: Channel[] = [];
    const openMore = async (more: number) => {
      channels.push(...(await openChannels(connection, more)));
    };
    await openMore(FIRST);
    channels.forEach(consume);
    const before = await memory();
    await openMore(value);
    const open = await memory();
    channels.slice(FIRST).forEach(consume);
    const after = await memory();
    const kibibytes = (kind: keyof NodeJS.MemoryUsage) => (after[kind] - before[kind]) / value / 1024;
    return {
      heap: (open.heapUsed - before.heapUsed) / value / 1024,
      consumed: kibibytes('heapUsed'),
      external: kibibytes('external'),
      arrayBuffers: kibibytes('arrayBuffers'),
      rss: kibibytes('rss'),
      channels: channels.length,
    };
  },
};

/** What is in use, when all that can be collected has been. */
async function memory(): Promise<NodeJS.MemoryUsage> {
  if (globalThis.gc === undefined) {
    throw new Error('idle needs --expose-gc');
  }
  for (let times = 0; times < 4; times += 1) {
    await new Promise(setImmediate);
    globalThis.gc();
  }
  return process.memoryUsage();
}
