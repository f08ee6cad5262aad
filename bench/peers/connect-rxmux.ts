import { type Channel, Mux } from 'rxmux';
import { AcceptQueue } from '../accept-queue.js';
import type { CarrierPair, ChannelEnd, Connection } from '../peer.js';

/** rxmux, whatever the settings; each channel made an end by `toEnd`. */
export function connectRxmux(
  { near, far }: CarrierPair,
  toEnd: (channel: Channel) => ChannelEnd,
): Connection {
  const accepting = new AcceptQueue<Channel>();
  const nearMux = new Mux(near);
  new Mux(far).channels$.subscribe(accepting.accept);
  return {
    open: async (onNear) => {
      const channel = nearMux.open();
      const nearEnd = toEnd(channel);
      const accepted = accepting.next();
      onNear?.(nearEnd);
      return { near: nearEnd, far: toEnd(await accepted) };
    },
  };
}
