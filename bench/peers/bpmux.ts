import { BPMux, type BPMuxOptions } from 'bpmux';
import type { Duplex } from 'node:stream';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer, Settings } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * npm bpmux.
 *
 * Fitted, it has the windows that rxmux has unless told otherwise (its own default is that of Node's streams, 16 KiB), and
 * coalesces its writes (by default each frame is written on its own).
 */
export const bpmux: Peer = {
  connect({ near, far }, settings) {
    const options = bpmuxOptions(settings);
    const accepting = new AcceptQueue<Duplex>();
    const nearMux = new BPMux(near, options);
    new BPMux(far, options).on('handshake', accepting.accept);
    return {
      open: async (onNear) => {
        const duplex = nearMux.multiplex(options.peer_multiplex_options);
        const nearEnd = new StreamEnd(duplex);
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new StreamEnd(await accepted) };
      },
    };
  },
};

/** What one end of it is told. */
export const bpmuxOptions = (settings: Settings): BPMuxOptions =>
  settings === 'fitted' ? { coalesce_writes: true, peer_multiplex_options: { highWaterMark: 262_144 } } : {};
