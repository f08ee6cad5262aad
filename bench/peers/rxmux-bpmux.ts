import { BPMux } from 'bpmux';
import type { Duplex } from 'node:stream';
import { Mux } from 'rxmux';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';
import { bpmuxOptions } from './bpmux.js';
import { SubjectsEnd } from './rxmux.js';

/** rxmux at the near end, which opens the channels, and npm bpmux at the far one. */
export const rxmuxBpmux: Peer = {
  connect({ near, far }, settings) {
    const accepting = new AcceptQueue<Duplex>();
    const mux = new Mux(near);
    new BPMux(far, bpmuxOptions(settings)).on('handshake', accepting.accept);
    return {
      open: async (onNear) => {
        const nearEnd = new SubjectsEnd(mux.open());
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new StreamEnd(await accepted) };
      },
    };
  },
};
