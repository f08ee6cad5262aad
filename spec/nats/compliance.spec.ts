import { firstValueFrom } from 'rxjs';
import { connectOver, listenOver, type NatsConnectionLike } from '../../src/nats.js';
import { carrierTests } from '../../src/testing.js';
import { NatsServer } from './nats-server.js';

let server: NatsServer;
let client: NatsConnectionLike;
let service: NatsConnectionLike;

beforeAll(async () => {
  server = await NatsServer.start();
  [client, service] = await Promise.all([server.connect(), server.connect()]);
});

afterAll(() => server.remove());

let services = 0;

/** The end that connects, and the one that is connected to. */
async function ends() {
  services += 1;
  const name = `echo.${services}`;
  const accepted = firstValueFrom(listenOver(service, name, { queue: 'q' }));
  const connected = connectOver(client, name);
  return { connected, accepted: await accepted };
}

const roles = {
  'the end that connects': async () => {
    const { connected, accepted } = await ends();
    return { near: connected, far: accepted };
  },
  'the end that listens': async () => {
    const { connected, accepted } = await ends();
    return { near: accepted, far: connected };
  },
};

describe.each(Object.entries(roles))('a session over NATS, seen from %s,', (_name, connect) => {
  it.each(carrierTests(connect, { patience: 50_000 }).map(({ name, run }) => [name, run] as const))(
    '%s',
    (_test, run) => run(),
  );
});
