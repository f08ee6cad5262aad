// Serves the files of a directory, is gone at once when asked for /kill, and over WebSockets on the same port:
//   /mux?opens=N   the far end of a mux, which opens so many channels
//   /resumable     one whose session survives: with ?cutAfter=N the connection is cut when it has said so many bytes
//   /flood         one that opens ten channels and sends without end through all
//   /relay?pair=X  passes on messages between two sockets with the same X
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { Mux } from 'rxmux';
import { ResumableSessions } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { type WebSocket, WebSocketServer } from 'ws';
import { flood } from '../shared/flood.js';
import { serve } from '../shared/serve.js';
import { relay } from './relay.js';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

const [, , directory = ''] = process.argv;

const muxOver = (socket: WebSocket): Mux => new Mux(new WebSocketCarrier(socket));

const sessions = new ResumableSessions();
sessions.carriers$.subscribe((carrier) => {
  serve(new Mux(carrier), 10);
});

const lonely = new Map<string, WebSocket>();

const uses: Readonly<Record<string, (socket: WebSocket, parameters: URLSearchParams) => void>> = {
  '/mux': (socket, parameters) => {
    serve(muxOver(socket), Number(parameters.get('opens')));
  },
  '/resumable': (socket, parameters) => {
    sessions.accept(new WebSocketCarrier(socket));
    cutAfter(socket, Number(parameters.get('cutAfter') ?? Infinity));
  },
  '/flood': (socket) => {
    const mux = muxOver(socket);
    mux.channels$.subscribe((channel) => flood(channel).subscribe());
    for (let i = 0; i < 10; i += 1) {
      flood(mux.open()).subscribe();
    }
  },
  '/relay': (socket, parameters) => {
    const pair = parameters.get('pair') ?? '';
    const other = lonely.get(pair);
    if (other === undefined) {
      lonely.set(pair, socket);
    } else {
      lonely.delete(pair);
      relay(socket, other);
      relay(other, socket);
    }
  },
};

/** Without a word, when the far end has said so many bytes. */
function cutAfter(socket: WebSocket, bytes: number): void {
  let left = bytes;
  socket.on('message', (data) => {
    left -= (data as Buffer).length;
    if (left <= 0) {
      socket.terminate();
    }
  });
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://localhost');
  if (pathname === '/kill') {
    process.kill(process.pid, 'SIGKILL');
  }
  readFile(join(directory, pathname)).then(
    (file) => response.setHeader('content-type', TYPES[extname(pathname)] ?? 'text/plain').end(file),
    () => response.writeHead(404).end(),
  );
});
new WebSocketServer({ server }).on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  uses[pathname]?.(socket, searchParams);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);
process.on('disconnect', () => process.exit()); // nobody is left to end it
