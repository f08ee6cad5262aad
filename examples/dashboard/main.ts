// Twenty live feeds over one WebSocket, on a page that switches each on and off.
//
//   node build/examples/dashboard/main.js           on any port that is free
//   node build/examples/dashboard/main.js 7600      on this one
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Mux } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';
import { pageFiles } from '../page-files.js';
import { serveFeeds } from './serve-feeds.js';

const file = await pageFiles('examples/dashboard');
const server = createServer(({ url = '/' }, response) => {
  const found = file(url);
  response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' });
  response.end(found?.content);
});
new WebSocketServer({ server, path: '/feeds' }).on('connection', (socket) => {
  const mux = new Mux(new WebSocketCarrier(socket));
  mux.channels$.subscribe({
    error: (error: unknown) => {
      console.error('connection lost:', error);
    },
  });
  serveFeeds(mux);
});
await once(server.listen(Number(process.argv[2] ?? 0), '127.0.0.1'), 'listening');
console.log(`Open http://127.0.0.1:${(server.address() as AddressInfo).port}/ in a browser`);
