import { type Channel, Mux } from 'rxmux';
import { AcceptQueue } from '../accept-queue.js';
import type { CarrierPair, ChannelEnd, Connection } from '../peer.js';

/** rxmux with its defaults, whatever the settings; each channel made an end by `toEnd`. */
export function connectRxmux(
  { near, far }: CarrierPair,
  toEnd: (channel: Channel) => ChannelEnd,
): Connection {
  const accepting = new AcceptQueue<Channel>();
  const nearMux = new Mux(near, { extensions: true });
  new Mux(far, { extensions: true }).channels$.subscribe(accepting.accept);
  return {
    open: async () => {
      const channel = nearMux.open();
      return { near: toEnd(channel), far: toEnd(await accepting.next()) };
    },
  };
}
