// An instance of the services. Start more of them, on any machine, to share the load.
//
//   node build/examples/gateway/service.js --nats 127.0.0.1:4222
import { parseArgs } from 'node:util';
import { type Carrier, ChannelError, Mux } from 'rxmux';
import { listenOver } from 'rxmux/nats';
import { orExit } from '../or-exit.js';
import { connectToNats, DEAD_AFTER } from './nats.js';
import { parseRequest, type Request } from './request.js';
import { serveChannel } from './serve-channel.js';
import { TRANSFORMS } from './transforms.js';

/** ms that channels have to finish after SIGTERM. */
const GRACE = 10_000;

const nats = await orExit(() => {
  const { values } = parseArgs({ options: { nats: { type: 'string', default: '127.0.0.1:4222' } } });
  return connectToNats(values.nats);
});
const muxes = new Set<Mux<Request>>();

function serveSession(carrier: Carrier, service: string, change: (byte: number) => number): void {
  console.log(`session: ${service}`);
  const mux = new Mux(carrier, { parseHandshake: parseRequest });
  muxes.add(mux);
  mux.closed$.subscribe(() => muxes.delete(mux));
  mux.channels$.subscribe({
    next: (channel) => {
      serveChannel(channel, change).catch(() => {
        channel.destroy(new ChannelError('INCOMPLETE', 'not all has come')); // nobody is to wait for more answers
      });
    },
    error: (error: unknown) => {
      console.log(`${service}: ${String(error)}`);
    },
  });
}

const listening = Object.entries(TRANSFORMS).map(([service, change]) =>
  listenOver(nats, service, { queue: service, deadAfter: DEAD_AFTER }).subscribe({
    next: (carrier) => {
      serveSession(carrier, service, change);
    },
    error: (error: unknown) => {
      console.log(`${service}: no more sessions: ${String(error)}`);
    },
  }),
);
await nats.flush(); // the server knows of the subscriptions
console.log('listening');

async function drain(): Promise<void> {
  for (const subscription of listening) {
    subscription.unsubscribe(); // new sessions go to the other instances
  }
  const closing = [...muxes].map((mux) => mux.close({ timeout: GRACE }));
  console.log('draining');
  await Promise.allSettled(closing); // one that is lost meanwhile is over, too
  await nats.drain();
}
process.once('SIGTERM', () => void drain());
