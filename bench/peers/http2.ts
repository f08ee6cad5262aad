import { connect, createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/** Receive window of a stream. Much more than HTTP/2's own default, 65 535, and enough for a stream not to wait for it. */
const STREAM_WINDOW = 1_048_576;

/** Of the whole connection: the most that there is, so that it is not what limits the streams. */
const SESSION_WINDOW = 2 ** 31 - 1;

/** Megabytes that a session may take up. Node's default, 10, refuses streams long before there are 1000 of them. */
const SESSION_MEMORY = 10_000;

/** HTTP/2 without TLS: a request for each channel. Fitted, its windows are large. */
export const http2: Peer = {
  connect({ near, far }, settings) {
    const isFitted = settings === 'fitted';
    const options = isFitted
      ? { settings: { initialWindowSize: STREAM_WINDOW }, maxSessionMemory: SESSION_MEMORY }
      : {};
    const accepting = new AcceptQueue<ServerHttp2Stream>();
    const server = createServer(options);
    if (isFitted) {
      server.on('session', (session: ServerHttp2Session) => {
        session.setLocalWindowSize(SESSION_WINDOW);
      });
    }
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.respond();
      accepting.accept(stream);
    });
    server.emit('connection', far);

    const session = connect('http://localhost', {
      ...options,
      createConnection: () => near,
      peerMaxConcurrentStreams: 2 ** 31,
    });
    return {
      open: async (onNear) => {
        const stream = session.request({ ':method': 'POST' });
        const nearEnd = new StreamEnd(stream);
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new StreamEnd(await accepted) };
      },
    };
  },
};
