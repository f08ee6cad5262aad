import { loopback } from './loopback.js';
import type { Connection, Peer } from './peer.js';

/** A peer's connection over loopback TCP, fitted for the contest. */
export const connectOverLoopback = async (peer: Peer): Promise<Connection> =>
  peer.connect(await loopback(), 'fitted');
