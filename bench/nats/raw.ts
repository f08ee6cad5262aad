import { loopback } from '../loopback.js';
import { raw as rawPeer } from '../peers/raw.js';
import type { NatsPeer } from './nats-peer.js';

/** A socket from one end to the other, without NATS: what there is to be had. */
export const raw: NatsPeer = {
  connect: async () => rawPeer.connect(await loopback(), 'fitted').open(),
};
