import { type Channel, Mux } from 'rxmux';
import { SubjectsEnd } from '../peers/rxmux.js';
import { session } from './carrier.js';
import type { NatsPeer } from './nats-peer.js';
import { BothEnds } from '../both-ends.js';

/** A channel of a mux over the carrier of `rxmux/nats`. */
export const mux: NatsPeer = {
  connect: async (address) => {
    const { near, far } = await session(address);
    const accepted = new Promise<Channel>((resolve) => {
      new Mux(far).channels$.subscribe(resolve);
    });
    const channel = new Mux(near).open();
    return new BothEnds(new SubjectsEnd(channel), new SubjectsEnd(await accepted));
  },
};
