import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Carrier } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';
import { formatTarget } from './target.js';

/** Where and how a server listens. */
export interface ListenOptions {
  /** `tls://`, `wss://` or `ws://`, and host and port. */
  readonly url: URL;
  /** For `tls://` and `wss://`, in PEM. */
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  /** Web pages that may connect, by their origin, as `https://example.com`. */
  readonly origins: readonly string[];
}

/** A server that listens. */
export interface Listener {
  /** With the port that it has got. */
  readonly url: string;
  /** Accepts no more. */
  stop(): void;
  /** Ends every connection, those included that have not said yet what they want. */
  destroy(): void;
}

/** Bytes of one WebSocket message. A mux joins what it has into some 300 KiB. */
const MAX_MESSAGE = 4 * 1024 * 1024;

/** Accepts connections, of any kind, as carriers for a mux. */
export async function listen(
  options: ListenOptions,
  onCarrier: (carrier: Duplex | Carrier) => void,
): Promise<Listener> {
  const { url } = options;
  const server = createServer(options, onCarrier);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(Number(url.port), url.hostname.replace(/^\[|\]$/g, ''));
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `${url.protocol}//${formatTarget({ host: address, port })}`,
    stop() {
      server.close();
    },
    destroy() {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

function createServer(
  { url, cert, key, origins }: ListenOptions,
  onCarrier: (carrier: Duplex | Carrier) => void,
): Server {
  if (!['tls:', 'wss:', 'ws:'].includes(url.protocol)) {
    throw new TypeError(`expected tls://, wss:// or ws://, got ${url.href}`);
  }
  if (url.port === '' || !['', '/'].includes(url.pathname)) {
    throw new TypeError(`expected a URL with a port and without a path, got ${url.href}`);
  }
  if (url.protocol !== 'ws:' && (cert === undefined || key === undefined)) {
    throw new TypeError(`${url.protocol}// needs a certificate and its key`);
  }
  switch (url.protocol) {
    case 'tls:':
      return createTlsServer({ cert, key, noDelay: true }, onCarrier).on('tlsClientError', (_, socket) => {
        socket.destroy(); // Node leaves one open that does not say anything
      });
    case 'wss:':
      return acceptWebSockets(createHttpsServer({ cert, key }, upgradeOnly), origins, onCarrier);
    default:
      return acceptWebSockets(createHttpServer(upgradeOnly), origins, onCarrier);
  }
}

function acceptWebSockets<S extends HttpServer>(
  server: S,
  origins: readonly string[],
  onCarrier: (carrier: Carrier) => void,
): S {
  const webSockets = new WebSocketServer({
    server,
    maxPayload: MAX_MESSAGE,
    // Browsers let any page connect to anywhere, and say which page it is. Other clients have no origin.
    verifyClient: ({ origin }: { origin?: string }) => origin === undefined || origins.includes(origin),
  });
  webSockets.on('connection', (socket) => {
    onCarrier(new WebSocketCarrier(socket));
  });
  webSockets.on('error', ignore); // the server's own, and told there
  return server;
}

const upgradeOnly: RequestListener = (_request, response) => {
  response.writeHead(426).end('WebSockets only\n');
};

function ignore(): void {
  // a client that fails before it has become a carrier is nobody's concern
}
