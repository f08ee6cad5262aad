import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import Primus from 'primus';
import { PrimusDuplex } from 'primus-backpressure';
import { BpmuxSide } from '../interop/bpmux-side.js';
import type { End } from '../interop/end.js';
import { RxmuxSide } from '../interop/rxmux-side.js';
import { sha256 } from '../interop/support.js';
import { startPrimusExample } from './primus-example.js';

const Socket = Primus.createSocket({ transformer: 'websockets' });

const NAMES = Array.from({ length: 10 }, (_, pipe) => String(pipe));

/** What has to be taken down after a test. */
const leftovers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const remove of leftovers.splice(0).toReversed()) {
    await remove();
  }
});

/** The client's end of a Primus connection as stream, which is taken down after the test. */
function connect(url: string): Duplex {
  // Without a strategy it does not connect again.
  const duplex = new PrimusDuplex(new Socket(url, { strategy: false }));
  leftovers.push(async () => {
    if (!duplex.closed) {
      await once(duplex.destroy(), 'close');
    }
  });
  return duplex;
}

/** Both ends of a Primus connection, as streams. */
async function connection(): Promise<{ server: Duplex; client: Duplex }> {
  const http = createServer();
  const primus = new Primus(http, { transformer: 'websockets' });
  const accepted = new Promise<Duplex>((resolve) => {
    primus.once('connection', (spark) => {
      resolve(new PrimusDuplex(spark));
    });
  });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  leftovers.push(
    () =>
      new Promise<void>((resolve) => {
        primus.destroy({ close: true }, resolve);
      }),
  );
  const client = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  return { server: await accepted, client };
}

const sides = {
  rxmux: (carrier: Duplex) => new RxmuxSide(carrier, 'Duplex'),
  bpmux: (carrier: Duplex) => new BpmuxSide(carrier),
};

/** Sends `data` and the end. Returns the hash of what comes the other way. */
async function exchange(end: End, data: Buffer): Promise<string> {
  const received = end.receive();
  end.write(data);
  end.end();
  const { bytes, error } = await received;
  expect(error).toBeUndefined();
  return sha256(bytes);
}

describe.each([
  { server: 'rxmux', client: 'rxmux', opener: 'server' },
  { server: 'rxmux', client: 'rxmux', opener: 'client' },
  { server: 'rxmux', client: 'bpmux', opener: 'server' },
  { server: 'rxmux', client: 'bpmux', opener: 'client' },
  { server: 'bpmux', client: 'rxmux', opener: 'server' },
  { server: 'bpmux', client: 'rxmux', opener: 'client' },
] as const)(
  'pipes over Primus between $server as server and $client as client, opened by the $opener',
  (roles) => {
    /** What opens a pipe between two muxes, and returns both its ends. */
    async function connectMuxes(): Promise<(name: string) => Promise<{ near: End; far: End }>> {
      const carriers = await connection();
      const [server, client] = [sides[roles.server](carriers.server), sides[roles.client](carriers.client)];
      const [opener, acceptor] = roles.opener === 'server' ? [server, client] : [client, server];
      return async (name) => {
        const near = opener.open(name);
        const far = await acceptor.accept();
        expect(await far.handshake()).toBe(name);
        return { near, far };
      };
    }

    it('carry random bytes both ways at once, unchanged', async () => {
      const open = await connectMuxes();
      await Promise.all(
        NAMES.map(async (name) => {
          const { near, far } = await open(name);
          const [there, back] = [randomBytes(200_000), randomBytes(150_000)];
          const received = await Promise.all([exchange(near, there), exchange(far, back)]);
          expect(received).toEqual([sha256(back), sha256(there)]);
          await Promise.all([near.removed, far.removed]);
        }),
      );
    });

    it('run while one of them is not read, which arrives when it is', async () => {
      const open = await connectMuxes();
      const paused = await open('paused');
      const running = await Promise.all(NAMES.map(open));
      const data = randomBytes(500_000);
      for (const { near } of [paused, ...running]) {
        near.write(data);
        near.end();
      }
      const received = await Promise.all(running.map(({ far }) => far.receive()));
      expect(received.map(({ bytes }) => sha256(bytes))).toEqual(running.map(() => sha256(data)));
      expect(paused.near.unsent).toBeGreaterThan(0);
      expect(sha256((await paused.far.receive()).bytes)).toBe(sha256(data));
    });
  },
);

describe('the example', () => {
  it.each(['rxmux', 'bpmux'] as const)(
    'sends a client of %s ten pipes, and gets them back',
    async (library) => {
      const example = await startPrimusExample();
      leftovers.push(example.stop);
      const client = sides[library](connect(example.url));
      const expected = await Promise.all(
        NAMES.map(async (name) => {
          const pipe = await client.accept();
          const { bytes, error } = await pipe.receive();
          expect(error).toBeUndefined();
          pipe.write(bytes);
          pipe.end();
          return `browser 1, pipe ${name}: ${bytes.length} bytes, SHA-256 ${sha256(bytes)}, came back`;
        }),
      );
      await example.printed('browser 1: all pipes are done');
      expect(example.lines.slice(0, -1).sort()).toEqual(expected);
    },
  );
});
