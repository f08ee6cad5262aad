// Twenty live feeds over one WebSocket, on a page that switches each on and off; they outlive the WebSocket.
//
//   node build/examples/dashboard/main.js           on any port that is free
//   node build/examples/dashboard/main.js 7600      on this one
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { type Carrier, Mux } from 'rxmux';
import { ResumableSessions } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { build, type Rolldown } from 'vite';
import { WebSocketServer } from 'ws';
import { serveFeeds } from './serve-feeds.js';

const dist = (name: string): string => resolve('dist/browser', name);

const built = await build({
  root: resolve('examples/dashboard'),
  configFile: false,
  logLevel: 'error',
  build: { write: false, target: 'es2022' },
  // In a checkout: a project of your own needs none of it.
  resolve: {
    alias: [
      { find: /^rxmux$/, replacement: dist('index.js') },
      { find: /^rxmux\/(.*)$/, replacement: dist('$1.js') },
    ],
  },
});
const files = new Map(
  (built as Rolldown.RolldownOutput).output.map((file) => [
    `/${file.fileName}`,
    file.type === 'chunk' ? file.code : file.source,
  ]),
);

const server = createServer(({ url = '/', method }, response) => {
  if (method === 'POST' && url === '/cut') {
    sockets.clients.forEach((socket) => {
      socket.terminate();
    });
    response.writeHead(204).end();
    return;
  }
  const path = url === '/' ? '/index.html' : url;
  const file = files.get(path);
  const type = path.endsWith('.js') ? 'text/javascript' : 'text/html';
  response.writeHead(file === undefined ? 404 : 200, { 'content-type': type });
  response.end(file);
});

function serveSession(carrier: Carrier): void {
  const mux = new Mux(carrier);
  mux.channels$.subscribe({
    error: (error: unknown) => {
      console.error('session over:', error);
    },
  });
  serveFeeds(mux);
}

// A page that has gone is missed for a minute: it might come back.
const sessions = new ResumableSessions();
sessions.carriers$.subscribe(serveSession);
const sockets = new WebSocketServer({ server, path: '/feeds' });
sockets.on('connection', (socket) => {
  sessions.accept(new WebSocketCarrier(socket));
});
await once(server.listen(Number(process.argv[2] ?? 0), '127.0.0.1'), 'listening');
console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}/ in a browser`);
