import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { filter, firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { WebSocket } from 'ws';
import { Mux } from '../../src/index.js';
import { type Connected, reconnecting, ResumableCarrier } from '../../src/resume.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { listen } from '../support/listen.js';
import { canMakeNetworks, NetworkLine, OWN_NETWORK, SERVER } from './network-line.js';
import { until } from './resumed.js';
import { freePort } from '../support/free-port.js';
import { Programs } from './start-program.js';

const retry = { delay: (): number => 20 };

/** Connections of each kind, to a port of this machine. */
const KINDS: Readonly<Record<string, (port: number) => Connected>> = {
  tcp: (port) => connect({ port, host: '127.0.0.1', noDelay: true }),
  websocket: (port) => new WebSocketCarrier(new WebSocket(`ws://127.0.0.1:${port}`)),
};

/** What a program tells of itself, in the order in which it does. */
class Told {
  readonly #all: Readonly<Record<string, unknown>>[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message) => this.#all.push(message as Readonly<Record<string, unknown>>));
  }

  /** What it tells in that state; `undefined` where it ends without. */
  async in(wanted: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const find = () => this.#all.find(({ state }) => state === wanted);
    await until(() => find() !== undefined || this.#child.exitCode !== null);
    return find();
  }
}

/** A line between a server and a client that can go dead without a word, and come back. */
interface FailingLine {
  readonly client: Told;
  readonly cut: () => void;
  readonly mend: () => void;
}

const PORT = 7000;

/** ms */
const DEAD_AFTER = 1000;

async function networkLine(kind: string): Promise<FailingLine> {
  const server = programs.spawn(OWN_NETWORK, 'echo-server', kind, PORT, '0.0.0.0');
  const client = programs.spawn(OWN_NETWORK, 'client', kind, SERVER, PORT, DEAD_AFTER);
  const told = new Told(client);
  await Promise.all([new Told(server).in('ready'), told.in('ready')]);
  const line = new NetworkLine(Number(server.pid), Number(client.pid));
  return {
    client: told,
    cut: () => {
      line.cut();
    },
    mend: () => {
      line.mend();
    },
  };
}

/** The next best: connections that stay open and pass on nothing. A new one is there at once. */
async function swallowingProxy(kind: string): Promise<FailingLine> {
  const [serverPort, proxyPort] = [await freePort(), await freePort()];
  await programs.start('echo-server', kind, serverPort);
  const proxy = await programs.start('proxy', proxyPort, serverPort);
  const client = programs.spawn([], 'client', kind, '127.0.0.1', proxyPort, DEAD_AFTER);
  return {
    client: new Told(client),
    cut: () => {
      proxy.kill('SIGUSR2');
    },
    mend: () => undefined,
  };
}

const [lineBetween, where] = canMakeNetworks()
  ? [networkLine, 'between two networks']
  : [swallowingProxy, 'through a proxy, as this machine makes no networks,'];

let programs: Programs;

beforeEach(() => {
  programs = new Programs();
});

afterEach(() => programs.end());

describe.each(Object.entries(KINDS))('over %s, between two processes,', (kind, connectTo) => {
  it('a session outlives a proxy that is killed and started again, five times in a transfer', async () => {
    const [serverPort, proxyPort] = [await freePort(), await freePort()];
    await programs.start('echo-server', kind, serverPort);
    let proxy = await programs.start('proxy', proxyPort, serverPort);
    const carrier = new ResumableCarrier(() => connectTo(proxyPort), { retry });
    const mux = new Mux(carrier);
    const { inbound$, outbound$, writable$ } = mux.open();
    const [sent, came] = [createHash('sha256'), createHash('sha256')];
    let bytes = 0;
    const all = lastValueFrom(
      inbound$.pipe(
        tap((chunk) => {
          came.update(chunk);
          bytes += chunk.length;
        }),
      ),
    );
    for (let part = 0; part < 6; part += 1) {
      for (let i = 0; i < 30; i += 1) {
        const chunk = Buffer.alloc(50_000, part * 30 + i);
        sent.update(chunk);
        outbound$.next(chunk);
        await firstValueFrom(writable$.pipe(filter(Boolean)));
      }
      if (part < 5) {
        await until(() => bytes > part * 1_500_000);
        await programs.kill(proxy);
        proxy = await programs.start('proxy', proxyPort, serverPort);
      }
    }
    outbound$.complete();
    await all;
    expect(bytes).toBe(6 * 30 * 50_000);
    expect(came.digest('hex')).toBe(sent.digest('hex'));
    expect(carrier.resumptions).toBe(5);
    await mux.close();
    await until(() => carrier.state$.value === 'over'); // or it would look for its server from other tests
  });

  it('a line that passes on nothing any more is found within deadAfter, and replaced', async () => {
    const [serverPort, proxyPort] = [await freePort(), await freePort()];
    await programs.start('echo-server', kind, serverPort);
    const proxy = await programs.start('proxy', proxyPort, serverPort);
    const carrier = new ResumableCarrier(() => connectTo(proxyPort), { retry, deadAfter: 500 });
    const attempts = listen(carrier.attempts$);
    const mux = new Mux(carrier);
    await mux.ping();
    proxy.kill('SIGUSR2');
    await until(() => attempts.length > 0);
    expect(attempts[0]).toMatchObject({ attempt: 1, error: { code: 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT' } });
    await mux.ping();
    expect(carrier.resumptions).toBe(1);
    await mux.close();
    await until(() => carrier.state$.value === 'over'); // or it would look for its server from other tests
  });

  it(`a line ${where} that is dead without a word is found within deadAfter, and goes on when it is back`, async () => {
    const { client, cut, mend } = await lineBetween(kind);
    await client.in('in use');
    cut();
    const lost = await client.in('lost');
    expect(await client.in('again')).toEqual({ state: 'again', error: 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT' });
    expect(lost?.['silence']).toBeGreaterThan(DEAD_AFTER / 2);
    expect(lost?.['silence']).toBeLessThan(5 * DEAD_AFTER); // the machine may have more to do
    mend();
    const over = await client.in('over');
    expect(over?.['came']).toBe(over?.['sent']);
    expect(over?.['came']).toHaveLength(64);
  });

  it('a server that is restarted is known to have forgotten the session at once, and gets the next mux', async () => {
    const port = await freePort();
    const server = await programs.start('echo-server', kind, port);
    const errors: unknown[] = [];
    const muxes: Mux[] = [];
    const subscription = reconnecting(
      () => {
        const mux = new Mux(new ResumableCarrier(() => connectTo(port), { retry }));
        mux.channels$.subscribe({ error: (error: unknown) => errors.push(error) });
        return mux;
      },
      { retry },
    ).subscribe((mux) => muxes.push(mux));
    await until(() => muxes.length === 1);
    await muxes[0]?.ping();
    await programs.kill(server);
    await programs.start('echo-server', kind, port);
    await until(() => muxes.length === 2);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_SESSION_LOST', carrierDone: true })]);
    expect(await muxes[1]?.ping()).toBeGreaterThan(0);
    subscription.unsubscribe();
  });
});
