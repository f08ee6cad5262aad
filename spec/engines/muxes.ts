import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import { Http2Sessions } from '../../src/http2.js';
import { Mux } from '../../src/index.js';
import { MessagePortCarrier } from '../../src/message-port.js';
import { muxPair } from '../../src/testing.js';
import { WebStreamCarrier } from '../../src/web-streams.js';
import { WebTransportSessions } from '../../src/web-transport.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { duplexPair } from '../support/connected.js';
import { connectPairs } from '../support/http2-pairs.js';
import { OwnWebSocket } from './carriers.js';
import type { Case } from './cases.js';
import { serveOwnWebSockets } from './own-web-sockets.js';
import { roundTrips, serve } from './round-trips.js';
import { connectWebTransport, hasWebTransport, serveWebTransport } from './web-transport.js';

const LOCALHOST = '127.0.0.1';

/**
 * Milliseconds for a round trip over the engine's own WebSocket. Deno's client (2.9) leaves Nagle's algorithm on and writes the
 * head of a message by itself. Where the far end has nothing to say meanwhile, the rest waits for its delayed acknowledgement:
 * 40 ms for each message. Many channels at once then share some 200 kB/s.
 */
const PATIENCE_WITH_OWN = 'Deno' in globalThis ? 300_000 : undefined;

/** What CommonJS gets. */
const OtherBuild = createRequire(import.meta.url)('rxmux') as { readonly Mux: typeof Mux };

/** Where a far end listens, by what it speaks. */
export interface Ports {
  readonly tcp: number;
  readonly ws: number;
  /** The engine's own server of WebSockets, where it has one. */
  readonly own?: number | undefined;
  /** The engine's own server of WebTransport, where it has one. */
  readonly webTransport?: { readonly url: string; readonly hash: readonly number[] } | undefined;
}

/** Listens as the far end of muxes of any engine. */
export async function listen(): Promise<Ports> {
  const tcp = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    serve(new Mux(socket));
  });
  await once(tcp.listen(0, LOCALHOST), 'listening');
  const ws = new WebSocketServer({ port: 0, host: LOCALHOST });
  ws.on('connection', (socket) => {
    serve(new Mux(new WebSocketCarrier(socket)));
  });
  await once(ws, 'listening');
  const own = serveOwnWebSockets?.((socket) => {
    serve(new Mux(new WebSocketCarrier(socket)));
  });
  const webTransport = serveWebTransport?.({
    stream: (stream) => {
      serve(new Mux(new WebStreamCarrier(stream)));
    },
    session: (session) => {
      serve(new Mux(new WebTransportSessions(session)));
    },
  });
  return { tcp: portOf(tcp), ws: portOf(ws), own: own?.port, webTransport };
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

async function overTcp(port: number): Promise<Mux> {
  const socket: Socket = connect({ port, host: LOCALHOST, allowHalfOpen: true, noDelay: true });
  await once(socket, 'connect');
  return new Mux(socket);
}

const overWs = (port: number): Mux =>
  new Mux(new WebSocketCarrier(new WebSocket(`ws://${LOCALHOST}:${port}`)));

const overOwn = (port = 0): Mux => {
  if (OwnWebSocket === undefined) {
    throw new Error('not in this engine');
  }
  return new Mux(new WebSocketCarrier(new OwnWebSocket(`ws://${LOCALHOST}:${port}`)));
};

async function overWebTransport({ url, hash } = { url: '', hash: [] as readonly number[] }): Promise<Mux> {
  const session = await connectWebTransport(url, hash);
  const mux = new Mux(new WebStreamCarrier(await session.createBidirectionalStream()));
  mux.closed$.subscribe(() => {
    session.close();
  });
  return mux;
}

const overSessions = async ({ url, hash } = { url: '', hash: [] as readonly number[] }): Promise<Mux> =>
  new Mux(new WebTransportSessions(await connectWebTransport(`${url}sessions`, hash)));

/** The round trips to a far end that listens, which may be another engine. */
export function* muxCases({ tcp, ws, own, webTransport }: Ports): Generator<Case> {
  const noClient = OwnWebSocket === undefined ? 'a WebSocket of its own' : undefined;
  const noServer = own === undefined ? "the far end's own server of WebSockets" : undefined;
  yield* over('a TCP connection', () => overTcp(tcp));
  yield* over('a WebSocket of ws', () => overWs(ws));
  yield* over("the engine's own WebSocket to a server of ws", () => overOwn(ws), noClient, {
    patience: PATIENCE_WITH_OWN,
  });
  yield* over('a WebSocket of ws to the own server', () => overWs(own ?? 0), noServer);
  yield* over("the engine's own WebSocket to the own server", () => overOwn(own), noClient ?? noServer, {
    patience: PATIENCE_WITH_OWN,
  });
  const noSessions = !hasWebTransport
    ? 'WebTransport'
    : webTransport === undefined
      ? "the far end's own server of WebTransport"
      : undefined;
  yield* over('a session of WebTransport', () => overSessions(webTransport), noSessions);
  // Deno's streams of WebTransport do not tell the far end that they have been closed: sessions do.
  yield* over('a stream of WebTransport', () => overWebTransport(webTransport), noSessions, {
    end: async (mux) => {
      mux.destroy();
    },
  });
}

/** The round trips that stay in this process. */
export function* innerCases(): Generator<Case> {
  yield* over('the line of muxPair', () => {
    const { near, far } = muxPair();
    serve(far);
    return near;
  });
  yield* over('a MessageChannel', () => {
    const { port1, port2 } = new MessageChannel();
    serve(new Mux(new MessagePortCarrier(port1)));
    return new Mux(new MessagePortCarrier(port2));
  });
  yield* over('a stream in memory, to the other build', () => {
    const [near, far] = duplexPair();
    serve(new OtherBuild.Mux(far));
    return new Mux(near);
  });
  yield* over('a pair of HTTP/2 sessions', async () => {
    const [near, far] = await connectPairs();
    serve(new Mux(new Http2Sessions(far.client, far.server)));
    return new Mux(new Http2Sessions(near.client, near.server));
  });
  yield* over('a worker', () => {
    const worker = new Worker(process.argv[1] ?? '', { argv: ['worker'] });
    const mux = new Mux(new MessagePortCarrier(worker));
    mux.closed$.subscribe(() => void worker.terminate());
    return mux;
  });
}

/** How a round trip is made over a connection, where that is not as usual. */
interface Ways {
  /** What is done with the mux at the end. */
  readonly end?: (mux: Mux) => Promise<void>;
  readonly patience?: number | undefined;
}

function* over(
  connection: string,
  connect: () => Mux | Promise<Mux>,
  lacks?: string,
  { end = (mux) => mux.close(), patience }: Ways = {},
): Generator<Case> {
  for (const [name, roundTrip] of Object.entries(roundTrips)) {
    yield {
      name: `over ${connection} ${name}`,
      lacks,
      patience,
      run: async () => {
        const mux = await connect();
        try {
          await roundTrip(mux);
          await end(mux);
        } finally {
          mux.destroy();
        }
      },
    };
  }
}
