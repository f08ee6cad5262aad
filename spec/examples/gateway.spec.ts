import { createHash, randomBytes } from 'node:crypto';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { WebSocket } from 'ws';
import { type Channel, Mux, PeerError } from '../../src/index.js';
import { ResumableCarrier } from '../../src/resume.js';
import { WebSocketCarrier } from '../../src/websocket.js';
import { Client } from '../../examples/gateway/client.js';
import { connectWs } from '../../examples/gateway/connect-ws.js';
import { NatsServer } from '../nats/nats-server.js';
import { Program } from './program.js';
import { runExample, TEST_TIMEOUT } from './run-example.js';

jest.setTimeout(TEST_TIMEOUT);

const STREAMS = 60;
/** 60 streams over two gateways and three services: as many in each of the sessions over NATS. */
const STREAMS_OF_A_SESSION = STREAMS / 6;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** What the demonstration has printed about what it did. */
interface Step {
  readonly wentOn: number;
  readonly failed: readonly { readonly count: number; readonly why: string }[];
  readonly bytes: number;
}

function stepsOf(output: string): Step[] {
  return output.split(/^(?=\S.* (?:killed|cut).*$)/m).flatMap((text) => {
    const wentOn = /^ {3}went on +(\d+)$/m.exec(text);
    const failed = [...text.matchAll(/^ {3}failed +(\d+) {2}(.*)$/gm)];
    return wentOn === null
      ? []
      : [
          {
            wentOn: Number(wentOn[1]),
            failed: failed.map(([, count, why = '']) => ({ count: Number(count), why })),
            bytes: Number(/(\d+) bytes went there and back/.exec(text)?.[1]),
          },
        ];
  });
}

describe('the demonstration of the gateway', () => {
  it('shows that each stream goes on or fails with a reason, whatever is killed', async () => {
    const { status, stdout, stderr } = await runExample('gateway', { args: ['--streams', String(STREAMS)] });
    const pids = [...stdout.matchAll(/^started .* \(pid (\d+)\)$/gm)].map(([, pid]) => Number(pid));
    const steps = stepsOf(stdout);
    const lost = Number(/it had (\d) of 6 sessions/.exec(stdout)?.[1]) * STREAMS_OF_A_SESSION;

    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(steps.map(({ wentOn, failed }) => ({ wentOn, failed }))).toEqual([
      {
        wentOn: STREAMS - lost,
        failed: [{ count: lost, why: 'ERR_RXMUX_CARRIER_ENDED: the connection behind the gateway is lost' }],
      },
      { wentOn: STREAMS, failed: [] },
      {
        wentOn: STREAMS / 2,
        failed: [
          { count: STREAMS / 2, why: 'ERR_RXMUX_SESSION_REFUSED: the server does not know the session' },
        ],
      },
      { wentOn: STREAMS, failed: [] },
    ]);
    // NATS deals out sessions by chance: the instance that is killed first may have had all of them.
    expect(steps.filter(({ wentOn, bytes }) => wentOn > 0 && !(bytes > 0))).toEqual([]);
    expect(stdout).toMatch(
      /^all 60 streams have ended, none with a wrong byte; \d+ bytes .*\nall processes have ended\n$/m,
    );
    expect(pids).toHaveLength(7);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('says what to install where there is no nats-server', async () => {
    const { status, stderr } = await runExample('gateway', { env: { PATH: '/nowhere' } });

    expect(stderr).toMatch(/^nats-server is not installed: apt-get install nats-server/);
    expect(status).toBe(1);
  });
});

describe('a gateway', () => {
  const instances: Program[] = [];
  const muxes: Mux[] = [];
  let nats: NatsServer;
  let gateway: Program;
  let mux: Mux;

  beforeEach(async () => {
    nats = await NatsServer.start();
    instances.push(...[1, 2].map(() => new Program('gateway/service.js', ['--nats', nats.address])));
    gateway = new Program('gateway/gateway.js', ['--nats', nats.address, '--port', '0']);
    await Promise.all(instances.map((instance) => instance.printed(/^listening$/m)));
    mux = await connect();
  });

  afterEach(async () => {
    muxes.splice(0).forEach((each) => {
      each.destroy();
    });
    await Promise.all([gateway, ...instances.splice(0)].map((program) => program.kill()));
    await nats.remove();
  });

  async function urlOf(program: Program): Promise<string> {
    const [, url = ''] = await program.printed(/^listening on (.*)$/m);
    return url;
  }

  async function connect(): Promise<Mux> {
    const url = await urlOf(gateway);
    const made = new Mux(new ResumableCarrier(() => new WebSocketCarrier(new WebSocket(url))));
    muxes.push(made);
    return made;
  }

  const open = (service: string): Channel => mux.open(JSON.stringify({ service, priority: 3 }));

  const all = async (channel: Channel): Promise<Buffer> =>
    Buffer.concat(await lastValueFrom(channel.inbound$.pipe(toArray())));

  const answer = (channel: Channel): Promise<Uint8Array> => firstValueFrom(channel.inbound$);

  /** The instance that has the session: what it prints may come later than its answer. */
  const serving = (): Promise<Program> =>
    Promise.race(
      instances.map(async (instance) => {
        await instance.printed(/^session: echo$/m);
        return instance;
      }),
    );

  async function through(channel: Channel, bytes: Buffer): Promise<Buffer> {
    const received = all(channel);
    channel.outbound$.next(bytes);
    channel.outbound$.complete();
    return received;
  }

  it.each([
    ['echo', (byte: number) => byte],
    ['invert', (byte: number) => 255 - byte],
  ])('joins a channel with the service that it names, %s, and passes on its end', async (service, change) => {
    const bytes = randomBytes(2_000_000);

    expect(sha256(await through(open(service), bytes))).toBe(sha256(bytes.map(change)));
  });

  it.each([
    ['an unknown service', JSON.stringify({ service: 'other', priority: 3 }), 'UNKNOWN_SERVICE'],
    ['a priority that there is not', JSON.stringify({ service: 'echo', priority: 8 }), 'BAD_REQUEST'],
    ['what is no request', 'echo', 'BAD_REQUEST'],
  ])('refuses %s, and says why', async (_, handshake, code) => {
    const error: unknown = await lastValueFrom(mux.open(handshake).inbound$, {
      defaultValue: undefined,
    }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(PeerError);
    expect((error as PeerError).reason?.code).toBe(code);
  });

  it('holds back who sends, where nobody reads the answers, and nobody else', async () => {
    const unread = open('echo');
    unread.outbound$.next(Buffer.alloc(32 * 1_048_576));
    await through(open('echo'), randomBytes(4_000_000));

    expect(unread.acknowledged$.value).toBeGreaterThan(0);
    expect(unread.acknowledged$.value).toBeLessThan(4 * 1_048_576);
  });

  it('has a service end the answers to a stream that fails at its client', async () => {
    const channel = open('echo');
    const answers = all(channel);
    channel.outbound$.next('half of it');
    channel.outbound$.error(new Error('no more to read'));
    await expect(answers).rejects.toMatchObject({ reason: { code: 'INCOMPLETE' } });
  });

  it('lets the streams of an instance that drains finish, and opens others elsewhere', async () => {
    const old = open('echo');
    old.outbound$.next('before');
    expect(String(await answer(old))).toBe('before');
    const draining = await serving();
    const other = instances.find((instance) => instance !== draining);
    draining.signal('SIGTERM');
    await draining.printed(/^draining$/m);
    old.outbound$.next('meanwhile');
    expect(String(await answer(old))).toBe('meanwhile');

    expect(String(await through(open('echo'), Buffer.from('elsewhere')))).toBe('elsewhere');
    await other?.printed(/^session: echo$/m);
    expect(String(await through(old, Buffer.from('the end')))).toBe('the end');
    expect(await draining.exit).toBe(0);
  });

  it('does not keep an instance from ending where it is lost meanwhile', async () => {
    const channel = open('echo');
    channel.outbound$.next('before');
    await answer(channel);
    const draining = await serving();
    await gateway.kill();
    draining.signal('SIGTERM');

    expect(await draining.exit).toBe(0);
    expect(draining.output).toMatch(/^echo: NatsSessionError: /m);
  });

  it('finishes what it has when it drains, and ends', async () => {
    const channel = open('echo');
    channel.outbound$.next('before');
    await answer(channel);
    gateway.signal('SIGTERM');
    await firstValueFrom(mux.goingAway$);

    expect(String(await through(channel, Buffer.from('the end')))).toBe('the end');
    await mux.close();
    expect(await gateway.exit).toBe(0);
  });

  it('has its clients open their streams at another one when it drains', async () => {
    const other = new Program('gateway/gateway.js', ['--nats', nats.address, '--port', '0']);
    instances.push(other); // to be killed, too
    const urls = await Promise.all([gateway, other].map(urlOf));
    const client = new Client(urls, 0, connectWs);
    const request = { service: 'echo', priority: 3 };
    const old = client.open(request);
    const elsewhere: Channel[] = [];
    try {
      old.outbound$.next('before');
      await answer(old);
      gateway.signal('SIGTERM');
      await gateway.printed(/^draining$/m);
      old.outbound$.next('meanwhile');
      expect(String(await answer(old))).toBe('meanwhile');

      const next = client.open(request);
      elsewhere.push(next);
      next.outbound$.next('elsewhere');
      expect(String(await answer(next))).toBe('elsewhere');
      expect(String(await through(old, Buffer.from('the end')))).toBe('the end');
      expect(await gateway.exit).toBe(0);
    } finally {
      [old, ...elsewhere].forEach((channel) => {
        channel.destroy();
      });
      await client.close();
    }
  });
});
