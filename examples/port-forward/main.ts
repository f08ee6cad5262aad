// A demonstration: the server, the client and an HTTP server behind them, in one process.
//
//   node build/examples/port-forward/main.js          goes on until Ctrl+C on a terminal
//   node build/examples/port-forward/main.js --once   ends after its own request
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { orExit } from '../or-exit.js';
import { allowedTargets } from './allowed-targets.js';
import { closeOnSignal } from './close-on-signal.js';
import { formatForward } from './local-forward.js';
import { startClient } from './tunnel-client.js';
import { startServer } from './tunnel-server.js';

const GRACE = 5000;

const log = (line: string): void => {
  console.error(line);
};

const { values } = await orExit(() => parseArgs({ options: { once: { type: 'boolean', default: false } } }));

const website = createServer((request, response) => {
  response.end(`Hello from behind the tunnel. You asked for ${request.url ?? '/'}.\n`);
});
await once(website.listen(0, '127.0.0.1'), 'listening');

const server = await startServer({
  url: new URL('ws://127.0.0.1:0'),
  origins: [],
  isAllowed: allowedTargets([]),
  log,
});
console.log(`server:  ${server.url}`);

const { port } = website.address() as AddressInfo;
const client = await startClient({
  url: new URL(server.url),
  forwards: [{ bind: '127.0.0.1', port: 0, target: { host: '127.0.0.1', port } }],
  log,
});
client.forwards.forEach((forward) => {
  console.log(`client:  ${formatForward(forward)}`);
});

const url = `http://127.0.0.1:${client.forwards[0]?.port ?? 0}/`;
const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
console.log(`request: ${url}\nanswer:  ${response.statusCode ?? 0} ${(await text(response)).trim()}`);

if (values.once || !process.stdout.isTTY) {
  client.close();
  await client.closed;
} else {
  console.log('Open it in a browser, too. Ctrl+C ends this.');
  await closeOnSignal(client, GRACE, log);
}
server.close();
await server.closed;
website.close();
website.closeAllConnections();
