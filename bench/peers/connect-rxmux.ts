import { type Channel, Mux } from 'rxmux';
import { AcceptQueue } from '../accept-queue.js';
import { loopback } from '../loopback.js';
import type { ChannelEnd, Connection } from '../peer.js';

/** rxmux with its defaults, each channel made an end by `toEnd`. */
export async function connectRxmux(toEnd: (channel: Channel) => ChannelEnd): Promise<Connection> {
  const { near, far } = await loopback();
  const accepting = new AcceptQueue<Channel>();
  const nearMux = new Mux(near);
  new Mux(far).channels$.subscribe(accepting.accept);
  return {
    open: async () => {
      const channel = nearMux.open();
      return { near: toEnd(channel), far: toEnd(await accepting.next()) };
    },
  };
}
