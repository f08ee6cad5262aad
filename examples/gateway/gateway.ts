// A gateway: clients connect by WebSocket, services are found over NATS.
//
//   node build/examples/gateway/gateway.js --nats 127.0.0.1:4222 --port 8080
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { type Carrier, Mux } from 'rxmux';
import { ResumableSessions } from 'rxmux/resume';
import { WebSocketCarrier } from 'rxmux/websocket';
import { WebSocketServer } from 'ws';
import { orExit } from '../or-exit.js';
import { joinService } from './join-service.js';
import { connectToNats } from './nats.js';
import { parseRequest, type Request } from './request.js';
import { Services } from './services.js';
import { SERVICES } from './transforms.js';

/** ms that channels have to finish after SIGTERM. */
const GRACE = 10_000;

const { values } = await orExit(() =>
  parseArgs({
    options: {
      nats: { type: 'string', default: '127.0.0.1:4222' },
      port: { type: 'string', default: '8080' },
    },
  }),
);

const nats = await orExit(() => connectToNats(values.nats));
const services = new Services(nats);
const sessions = new ResumableSessions();
const clients = new Set<Mux<Request>>();

function serveClient(carrier: Carrier): void {
  const mux = new Mux(carrier, { parseHandshake: parseRequest });
  clients.add(mux);
  mux.closed$.subscribe(() => clients.delete(mux));
  mux.channels$.subscribe({
    next: (channel) => {
      joinService(channel, services, SERVICES);
    },
    error: (error: unknown) => {
      console.log(`client: ${String(error)}`);
    },
  });
}
sessions.carriers$.subscribe(serveClient);

const server = await orExit(
  () =>
    new WebSocketServer({
      host: '127.0.0.1',
      port: Number(values.port),
      maxPayload: 65_536,
      perMessageDeflate: false,
    }),
);
server.on('connection', (socket) => {
  sessions.accept(new WebSocketCarrier(socket));
});
await orExit(() => once(server, 'listening'));
console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);

async function drain(): Promise<void> {
  server.close(); // a client that is told to go connects to another gateway
  const closing = [...clients].map((mux) => mux.close({ timeout: GRACE }));
  console.log('draining');
  await Promise.allSettled(closing);
  await services.close(GRACE);
  sessions.destroy();
  await nats.drain();
}
process.once('SIGTERM', () => void drain());
