import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocket } from 'ws';
import type { Connection } from './client.js';

/** A connection to a gateway from Node. */
export function connectWs(url: string): Connection {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return {
    carrier: new WebSocketCarrier(socket),
    cut: () => {
      socket.terminate();
    },
  };
}
