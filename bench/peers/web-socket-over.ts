import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import type { CarrierPair } from '../peer.js';

/** Both ends of a WebSocket; the near one is opening, the far one is open. */
export interface WebSocketEnds {
  readonly near: WebSocket;
  readonly far: Promise<WebSocket>;
}

/**
 * Makes a carrier a WebSocket of npm ws.
 *
 * @param protocol - subprotocol that the near end offers
 * @param choose - the subprotocol that the far end takes of those that are offered
 */
export function webSocketOver(
  { near, far }: CarrierPair,
  protocol?: string,
  choose?: (offered: ReadonlySet<string>) => string | false,
): WebSocketEnds {
  const server = createServer();
  const accepting = new WebSocketServer({ server, ...(choose && { handleProtocols: choose }) });
  const accepted = new Promise<WebSocket>((resolve) => accepting.once('connection', resolve));
  server.emit('connection', far);
  const socket = new WebSocket('ws://localhost', protocol, { createConnection: () => near as never });
  return { near: socket, far: accepted };
}
