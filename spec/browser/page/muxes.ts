import { Mux } from 'rxmux';
import { DataChannelCarrier } from 'rxmux/data-channel';
import { MessagePortCarrier } from 'rxmux/message-port';
import { WebSocketCarrier } from 'rxmux/websocket';
import { serve } from '../shared/serve.js';
import { dataChannels } from './data-channels.js';
import { socketUrl } from './socket-url.js';

/** A mux whose far end opens ten channels and serves those that it gets. */
export interface ServedMux {
  readonly mux: Mux;
  /** Takes down what is left when the mux has been closed. */
  readonly close: () => void;
}

const OPENS = 10;

/** @param isLate - whether it listens only when it is told `listen` */
export const startWorker = (isLate = false): Worker =>
  new Worker('worker.js', { type: 'module', name: `${OPENS} ${isLate ? 1 : 0}` });

function overWebSocket(): ServedMux {
  const mux = new Mux(new WebSocketCarrier(new WebSocket(socketUrl(`/mux?opens=${OPENS}`))));
  return { mux, close: nothing };
}

function overWorker(): ServedMux {
  const worker = startWorker();
  return {
    mux: new Mux(new MessagePortCarrier(worker)),
    close: () => {
      worker.terminate();
    },
  };
}

function overTransferredPort(): ServedMux {
  const worker = startWorker();
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(port2, [port2]);
  return {
    mux: new Mux(new MessagePortCarrier(port1)),
    close: () => {
      worker.terminate();
    },
  };
}

async function overDataChannel(): Promise<ServedMux> {
  const { near, far, close } = await dataChannels();
  serve(new Mux(new DataChannelCarrier(far)), OPENS);
  return { mux: new Mux(new DataChannelCarrier(near)), close };
}

function nothing(): void {
  // the socket is closed with the mux
}

/** Ways to a far end, by name. */
export const muxes = {
  'a WebSocket to a server': overWebSocket,
  'what a worker and its page say to each other': overWorker,
  'a port that was transferred to a worker': overTransferredPort,
  'an RTCDataChannel': overDataChannel,
} satisfies Record<string, () => ServedMux | Promise<ServedMux>>;
