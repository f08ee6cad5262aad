import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What one side needs for channels over HTTP/2: a session in which it asks, and one in which it is asked. */
export interface SessionPair {
  readonly client: ClientHttp2Session;
  readonly server: ServerHttp2Session;
}

const servers: Http2Server[] = [];
const sessions: (ClientHttp2Session | ServerHttp2Session)[] = [];

async function connection(): Promise<SessionPair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [session] = (await once(server, 'session')) as [ServerHttp2Session];
  servers.push(server);
  sessions.push(client, session);
  return { client, server: session };
}

/** Two sides, with an HTTP/2 connection over loopback TCP each way. */
export async function connectPairs(): Promise<[SessionPair, SessionPair]> {
  const [there, back] = [await connection(), await connection()];
  return [
    { client: there.client, server: back.server },
    { client: back.client, server: there.server },
  ];
}

/** Closes all that {@link connectPairs} has opened. */
export async function disconnectPairs(): Promise<void> {
  for (const session of sessions.splice(0)) {
    session.on('error', () => undefined);
    session.destroy();
  }
  await Promise.all(
    servers.splice(0).map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
}
