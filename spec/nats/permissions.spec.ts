import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mux } from '../../src/index.js';
import { connectOver, listenOver } from '../../src/nats.js';
import { listen } from '../support/listen.js';
import { blocks } from '../support/markdown.js';
import { echoOver, roundTrip } from './echo.js';
import { NatsServer } from './nats-server.js';

const page = readFileSync(join(__dirname, '../../docs/scale-out.md'), 'utf8');
const [configuration] = blocks(page).filter(({ language }) => language === 'conf');

describe('with the rights of docs/scale-out.md', () => {
  let server: NatsServer;

  beforeAll(async () => {
    server = await NatsServer.start([configuration?.code ?? '']);
  });

  afterAll(() => server.remove());

  const client = () => server.connect({ user: 'client', pass: 'of the clients' });
  const service = () => server.connect({ user: 'service', pass: 'of the service' });

  it('a client reaches the service', async () => {
    const listening = listenOver(await service(), 'market').subscribe(echoOver);
    const mux = new Mux(connectOver(await client(), 'market'));
    const [sent, received] = await roundTrip(mux, 1, 100_000);
    expect(received).toBe(sent);
    await mux.close();
    listening.unsubscribe();
  });

  it('a client cannot pretend to be it', async () => {
    const heard = listen(listenOver(await client(), 'market'));
    while (heard.length === 0) {
      await new Promise(setImmediate);
    }
    expect(String(heard[0])).toMatch(/Permissions Violation for Subscription to "market"/);
  });

  it('who may not ask for a session hears why', async () => {
    const carrier = connectOver(await service(), 'market', { deadAfter: 300 });
    const failure = await new Promise((resolve) => {
      carrier.inbound$.subscribe({ error: resolve });
    });
    expect(String((failure as Error).cause ?? failure)).toMatch(/Permissions Violation/);
  });

  it('a service hears that it may listen no more, and the sessions that it has go on', async () => {
    const code = configuration?.code ?? '';
    const nats = await service();
    const failure = new Promise((_, reject) => {
      listenOver(nats, 'market').subscribe({ next: echoOver, error: reject });
    });
    const mux = new Mux(connectOver(await client(), 'market'));
    await roundTrip(mux, 1, 1000);
    server.reload([code.replace('subscribe: ["market", ', 'subscribe: [')]);
    await expect(failure).rejects.toThrow(/Permissions Violation for Subscription to "market"/);
    const [sent, received] = await roundTrip(mux, 1, 100_000);
    expect(received).toBe(sent);
    await mux.close();
  });
});
