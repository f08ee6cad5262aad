import { type Channel, Mux } from 'rxmux';
import { SubjectsEnd } from '../peers/rxmux.js';
import { session } from './carrier.js';
import type { NatsPeer } from './nats-peer.js';

/** A channel of a mux over the carrier of `rxmux/nats`. */
export const mux: NatsPeer = {
  connect: async (address) => {
    const { near, far } = await session(address);
    const accepted = new Promise<Channel>((resolve) => {
      new Mux(far).channels$.subscribe(resolve);
    });
    const channel = new Mux(near).open();
    return { near: new SubjectsEnd(channel), far: new SubjectsEnd(await accepted) };
  },
};
