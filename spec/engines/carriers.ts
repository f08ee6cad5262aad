import { connections } from '../compliance/connections.js';
import { type CarrierPair, carrierTests } from '../../src/testing.js';
import { WebSocketCarrier, type WebSocketLike } from '../../src/websocket.js';
import { type OwnServer, serveOwnWebSockets } from './own-web-sockets.js';
import type { Case } from './cases.js';

/** Milliseconds: less than a case may take, so that it is said what has not come. */
const patience = 20_000;

/** The engine's own client. */
export const { WebSocket: OwnWebSocket } = globalThis as {
  readonly WebSocket?: new (url: string) => WebSocketLike;
};

/** Client and server are the engine's own. */
async function ownWebSockets(): Promise<CarrierPair> {
  if (OwnWebSocket === undefined || serveOwnWebSockets === undefined) {
    throw new Error('not in this engine');
  }
  const serve = serveOwnWebSockets;
  let server: OwnServer | undefined;
  const far = new Promise<WebSocketCarrier>((resolve) => {
    server = serve((socket) => {
      resolve(new WebSocketCarrier(socket));
    });
  });
  const near = new WebSocketCarrier(new OwnWebSocket(`ws://127.0.0.1:${server?.port}`));
  return { near, far: await far, close: () => server?.stop() };
}

/** The tests of carriers, over all that this engine has. */
export function* carrierCases(): Generator<Case> {
  const lacks =
    OwnWebSocket === undefined
      ? 'a WebSocket of its own'
      : serveOwnWebSockets === undefined
        ? 'a server of WebSockets of its own'
        : undefined;
  const all = { ...connections, "the engine's own WebSocket and server": ownWebSockets };
  for (const [connection, connect] of Object.entries(all)) {
    for (const { name, run } of carrierTests(connect, { patience })) {
      yield { name: `${connection} ${name}`, run, lacks: connect === ownWebSockets ? lacks : undefined };
    }
  }
}
