// Twenty live feeds over one WebSocket, on a page that switches each on and off; they outlive the WebSocket.
//
//   node build/examples/dashboard/main.js           on any port that is free
//   node build/examples/dashboard/main.js 7600      on this one
import { createServer } from 'node:http';
import { type Carrier, Mux } from 'rxmux';
import { ResumableSessions } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';
import { listenOnArgument } from '../listen-on-argument.js';
import { orExit } from '../or-exit.js';
import { pageFiles } from '../page-files.js';
import { serveFeeds } from './serve-feeds.js';

const file = await pageFiles('examples/dashboard');
const server = createServer(({ url = '/', method }, response) => {
  if (method === 'POST' && url === '/cut') {
    sockets.clients.forEach((socket) => {
      socket.terminate();
    });
    response.writeHead(204).end();
    return;
  }
  const found = file(url);
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' });
  response.end(found?.content);
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
sockets.on('error', () => undefined); // the server's own, and told there
const port = await orExit(() => listenOnArgument(server));
console.log(`Open http://127.0.0.1:${port}/ in a browser`);
