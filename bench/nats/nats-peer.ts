import type { Channel } from '../peer.js';

/** Somebody who carries bytes from one connection of NATS to another one. */
export interface NatsPeer {
  /** @param address - where `nats-server` listens */
  connect(address: string): Promise<Channel>;
}
