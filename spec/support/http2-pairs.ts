import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';

/** What one side needs for channels over HTTP/2: a session in which it asks, and one in which it is asked. */
export interface SessionPair {
  readonly client: ClientHttp2Session;
  readonly server: ServerHttp2Session;
}

/** Answers requests, or leaves them alone. */
type RequestListener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const servers: Http2Server[] = [];
const sockets: Socket[] = [];

async function connection(onRequest?: RequestListener): Promise<SessionPair> {
  const server = createServer(onRequest);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [session] = (await once(server, 'session')) as [ServerHttp2Session];
  servers.push(server);
  for (const end of [client, session]) {
    end.on('error', () => undefined);
  }
  return { client, server: session };
}

/**
 * Two sides, with an HTTP/2 connection over loopback TCP each way.
 *
 * @param onRequest - for servers that answer requests, too
 */
export async function connectPairs(onRequest?: RequestListener): Promise<[SessionPair, SessionPair]> {
  const [there, back] = [await connection(onRequest), await connection(onRequest)];
  return [
    { client: there.client, server: back.server },
    { client: back.client, server: there.server },
  ];
}

/** The connections of {@link connectPairs} are lost. */
export function cutPairs(): void {
  for (const socket of sockets) {
    socket.destroy();
  }
}

/**
 * Closes all that {@link connectPairs} has opened: by the sockets. Sessions that are destroyed at both ends tell each
 * other of it, and Node 20 can abort on that, in its own accounting of memory, after streams have been reset.
 */
export async function disconnectPairs(): Promise<void> {
  for (const socket of sockets.splice(0)) {
    socket.destroy();
  }
  await Promise.all(
    servers.splice(0).map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
}
