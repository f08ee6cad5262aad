import { connect, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { AcceptQueue } from '../accept-queue.js';
import { loopback } from '../loopback.js';
import type { Peer } from '../peer.js';
import { streamEnd } from '../stream-end.js';

/** Receive window of a stream. Much more than HTTP/2's own default, 65 535, and enough for a stream not to wait for it. */
const STREAM_WINDOW = 1_048_576;

/** Of the whole connection: as much as all streams together may want, so that it is not what limits them. */
const SESSION_WINDOW = 1000 * STREAM_WINDOW;

/** Megabytes that a session may take up. Node's default, 10, refuses streams long before there are 1000 of them. */
const SESSION_MEMORY = 1000;

/** HTTP/2 without TLS: a request for each channel. */
export const http2: Peer = {
  async connect() {
    const sockets = await loopback();
    const settings = { initialWindowSize: STREAM_WINDOW };
    const accepting = new AcceptQueue<ServerHttp2Stream>();
    const server = createServer({ settings, maxSessionMemory: SESSION_MEMORY });
    server.on('session', (session: ServerHttp2Session) => {
      session.setLocalWindowSize(SESSION_WINDOW);
    });
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond();
      accepting.accept(stream);
    });
    server.emit('connection', sockets.far);

    const session = connect('http://localhost', {
      createConnection: () => sockets.near,
      settings,
      maxSessionMemory: SESSION_MEMORY,
      peerMaxConcurrentStreams: 2 ** 31,
    });
    return {
      open: async () => {
        const near = session.request({ ':method': 'POST' });
        return { near: streamEnd(near), far: streamEnd(await accepting.next()) };
      },
    };
  },
};
