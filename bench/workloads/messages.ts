import { flood } from './flood.js';
import type { Workload } from './workload.js';

const MESSAGE = Buffer.alloc(64, 'x');

/** Small writes, one by one, over one channel. */
export const messages: Workload = {
  name: 'messages',
  title: 'Messages: writes of 64 bytes',
  channels: [1],
  unit: 'messages/s',
  bases: ['raw', 'http2'],
  run: async (peer, settings) => (await flood(peer, MESSAGE, settings)) / MESSAGE.length,
};
