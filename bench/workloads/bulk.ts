import { flood } from './flood.js';
import type { Workload } from './workload.js';

const CHUNK = Buffer.alloc(65_536, 'x');

/** Large writes over one and many channels. */
export const bulk: Workload = {
  name: 'bulk',
  title: 'Bulk: writes of 64 KiB',
  channels: [1, 10, 100, 1000],
  unit: 'MB/s',
  bases: ['raw'],
  run: async (peer, settings) => (await flood(peer, CHUNK, settings)) / 1_000_000,
};
