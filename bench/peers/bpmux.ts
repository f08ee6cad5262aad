import { BPMux } from 'bpmux';
import type { Duplex } from 'node:stream';
import { AcceptQueue } from '../accept-queue.js';
import { loopback } from '../loopback.js';
import type { Peer } from '../peer.js';
import { streamEnd } from '../stream-end.js';

/** The windows that rxmux has unless told otherwise. (bpmux' own default is that of Node's streams, 16 KiB.) */
const CHANNEL = { highWaterMark: 262_144 };

/** npm bpmux, which writes each frame on its own unless told to coalesce them. */
export const bpmux: Peer = {
  async connect() {
    const { near, far } = await loopback();
    const accepting = new AcceptQueue<Duplex>();
    const options = { coalesce_writes: true, peer_multiplex_options: CHANNEL };
    const nearMux = new BPMux(near, options);
    new BPMux(far, options).on('handshake', accepting.accept);
    return {
      open: async () => {
        const duplex = nearMux.multiplex(CHANNEL);
        return { near: streamEnd(duplex), far: streamEnd(await accepting.next()) };
      },
    };
  },
};
