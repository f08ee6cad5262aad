// A page whose streams go over gateways to services, and that kills these processes.
//
//   node build/examples/gateway/page/main.js           on any port that is free
//   node build/examples/gateway/page/main.js 7601      on this one
import { createServer } from 'node:http';
import { Mux } from 'rxmux';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';
import { listenOnArgument } from '../../listen-on-argument.js';
import { pageFiles } from '../../page-files.js';
import { freePort } from '../free-port.js';
import { startNatsServer } from '../start-nats-server.js';
import { startParts } from '../start-parts.js';
import { serveControl } from './serve-control.js';

process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));

async function start(): Promise<void> {
  const file = await pageFiles('examples/gateway/page');
  const natsPort = await freePort();
  await startNatsServer(natsPort);
  const { gateways, instances, urls } = await startParts(natsPort);

  const server = createServer(({ url = '/' }, response) => {
    const found = file(url);
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'text/plain' });
    response.end(found?.content);
  });
  const port = await listenOnArgument(server);
  const address = `http://127.0.0.1:${port}`;
  // Who may kill processes must be this page, and not another one in the same browser.
  const verifyClient = ({ origin }: { readonly origin: string }): boolean => origin === address;
  new WebSocketServer({ server, path: '/control', verifyClient }).on('connection', (socket) => {
    const mux = new Mux(new WebSocketCarrier(socket));
    mux.channels$.subscribe({ error: () => undefined }); // the page is gone
    serveControl(mux, [...gateways, ...instances], urls);
  });
  console.log(`Open ${address}/ in a browser`);
}

try {
  await start();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1); // and with this one all that it has started
}
