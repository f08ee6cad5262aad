import { type Channel, Mux } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer } from '../peer.js';
import { SubjectsEnd } from './rxmux.js';
import { webSocketOver } from './web-socket-over.js';

/** rxmux over a WebSocket of npm ws: what qmux, which needs one, is to be compared with. */
export const rxmuxWs: Peer = {
  connect(carrier) {
    const { near, far } = webSocketOver(carrier);
    const accepting = new AcceptQueue<Channel>();
    const connected = far.then((socket) => {
      new Mux(new WebSocketCarrier(socket)).channels$.subscribe(accepting.accept);
      return new Mux(new WebSocketCarrier(near));
    });
    return {
      open: async (onNear) => {
        const nearEnd = new SubjectsEnd((await connected).open());
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new SubjectsEnd(await accepted) };
      },
    };
  },
};
