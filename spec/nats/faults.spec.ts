import type { NatsConnection } from '@nats-io/transport-node';
import { once } from 'node:events';
import { filter, firstValueFrom, lastValueFrom, map } from 'rxjs';
import { type Carrier, Mux } from '../../src/index.js';
import {
  connectOver,
  listenOver,
  type NatsCarrierOptions,
  type NatsConnectionLike,
  NatsSessionError,
} from '../../src/nats.js';
import { echoOver, roundTrip, sendThere } from './echo.js';
import { startEcho } from './echo-process.js';
import { Time } from './fake-nats.js';
import { faulty } from './faulty-connection.js';
import { freePort } from '../support/free-port.js';
import { listen } from '../support/listen.js';
import { NatsServer } from './nats-server.js';
import { randomFrom } from './random.js';

const MIB = 1_048_576;
const CHANNELS = 4;

/** Resolves when the client has told of that. */
async function until(nats: NatsConnection, what: 'disconnect' | 'reconnect'): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === what) {
      return;
    }
  }
}

describe('over a nats-server', () => {
  let server: NatsServer;
  let client: NatsConnection;
  let service: NatsConnection;

  const start = async (settings: readonly string[] = []): Promise<void> => {
    server = await NatsServer.start(settings);
    [client, service] = await Promise.all([server.connect(), server.connect()]);
  };

  afterEach(() => server.remove());

  /** A mux over a session with one that sends all back. */
  function session(
    options: NatsCarrierOptions = {},
    [near, far]: readonly [NatsConnectionLike, NatsConnectionLike] = [client, service],
  ): Mux {
    listenOver(far, 'echo', { queue: 'q', ...options }).subscribe({ next: echoOver, error: () => undefined });
    return new Mux(connectOver(near, 'echo', options));
  }

  /** Sends bytes there and back over some channels. Each time that so many have come back something is done. */
  async function transfer(mux: Mux, total: number, every: number, disturb: (time: number) => unknown) {
    let [received, times] = [0, 0];
    const progress = Array.from({ length: CHANNELS }, () => 0);
    const results = await Promise.all(
      progress.map((_, index) =>
        roundTrip(mux, index, total, (count) => {
          progress[index] = count;
          received = progress.reduce((sum, one) => sum + one, 0);
          if (received >= (times + 1) * every) {
            times += 1;
            disturb(times);
          }
        }),
      ),
    );
    for (const [sent, back] of results) {
      expect(back).toBe(sent);
    }
    await mux.close();
    return times;
  }

  it('brings every byte once and in order where that is killed and started again under load', async () => {
    await start();
    let restart = Promise.resolve();
    const times = await transfer(session(), 2 * MIB, 2 * MIB, () => {
      restart = restart.then(() => server.kill()).then(() => server.start());
    });
    await restart;
    expect(times).toBeGreaterThanOrEqual(3);
  });

  it.each(['client', 'service', 'both'])('… where the connection of %s breaks under load', async (who) => {
    await start();
    const times = await transfer(session(), MIB, MIB / 2, () => {
      if (who !== 'service') {
        void client.reconnect();
      }
      if (who !== 'client') {
        void service.reconnect();
      }
    });
    expect(times).toBeGreaterThanOrEqual(5);
  });

  it.each([1, 2, 3])('… where messages are lost and come twice (seed %i)', async (seed) => {
    await start();
    const random = randomFrom(seed);
    const counts = { lost: 0, twice: 0, passed: 0 };
    const disturb = (nats: NatsConnectionLike) =>
      faulty(nats, () => {
        const number = random();
        const fate = number < 0.03 ? 'lost' : number < 0.06 ? 'twice' : 'passed';
        counts[fate] += 1;
        return fate;
      });
    await transfer(session({}, [disturb(client), disturb(service)]), MIB / 2, Infinity, () => undefined);
    expect(counts.lost).toBeGreaterThan(3);
    expect(counts.twice).toBeGreaterThan(3);
  });

  it('… where a message may have 200 bytes only', async () => {
    await start(['max_payload: 200']);
    let longest = 0;
    const watched = faulty(client, (_subject, payload) => {
      longest = Math.max(longest, payload.length);
      return 'passed';
    });
    await transfer(session({}, [watched, service]), 20_000, Infinity, () => undefined);
    expect(longest).toBe(200);
  });

  it('… where the server cuts off a far end that is too slow', async () => {
    const port = await freePort();
    await start(['max_pending: 1500000', 'write_deadline: "200ms"', `http: 127.0.0.1:${port}`]);
    const echo = await startEcho(server.address);
    const isCutOff = async (): Promise<boolean> => {
      const { slow_consumers } = (await (await fetch(`http://127.0.0.1:${port}/varz`)).json()) as {
        readonly slow_consumers: number;
      };
      return slow_consumers > 0;
    };
    // More sessions than that, and than the buffers of the system: each may have a MiB under way.
    const sessions = Array.from({ length: 24 }, () => connectOver(client, 'echo'));
    await Promise.all(
      sessions.map(async (carrier) => {
        const echoed = firstValueFrom(carrier.inbound$);
        await firstValueFrom(carrier.capacity$.pipe(filter((room) => room > 0)));
        carrier.write([Buffer.from('a')]);
        await echoed;
      }),
    );
    echo.kill('SIGSTOP');
    const transfers = sessions.map((carrier, seed) => sendThere(carrier, seed, 2 * MIB));
    while (!(await isCutOff())) {
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
    echo.kill('SIGCONT');
    for (const [sent, back] of await Promise.all(transfers)) {
      expect(back).toBe(sent);
    }
  });

  it('… where one that listens wants no more sessions, and others take them', async () => {
    await start();
    const taken = { first: 0, second: 0 };
    const listen = (name: 'first' | 'second') =>
      listenOver(service, 'echo', { queue: 'q' }).subscribe((carrier) => {
        taken[name] += 1;
        echoOver(carrier);
      });
    const listening = listen('first');
    await service.flush();
    const old = new Mux(connectOver(client, 'echo'));
    let unsubscribed = false;
    const times = await transfer(old, MIB / 2, MIB / 2, () => {
      if (!unsubscribed) {
        unsubscribed = true;
        listen('second');
        listening.unsubscribe();
      }
    });
    expect(times).toBeGreaterThan(1);
    for (let sessions = 0; sessions < 5; sessions += 1) {
      await transfer(new Mux(connectOver(client, 'echo')), 1000, Infinity, () => undefined);
    }
    expect(taken).toEqual({ first: 1, second: 5 });
  });

  it('lets muxes that wait for a silent peer go on where it is away for longer than they wait', async () => {
    await start();
    const time = new Time();
    const options = { keepAliveTimeout: 1000, scheduler: time };
    const coming = firstValueFrom(
      listenOver(service, 'echo').pipe(map((carrier) => echoOver(carrier, options))),
    );
    const near = new Mux(connectOver(client, 'echo'), options);
    await roundTrip(near, 0, 10);
    const far = await coming;
    const gone = [client, service].map((nats) => until(nats, 'disconnect'));
    await server.kill();
    await Promise.all(gone);
    time.pass(60_000);
    expect([near, far].map(({ closed$ }) => listen(closed$))).toEqual([[], []]);
    const back = [client, service].map((nats) => until(nats, 'reconnect'));
    await server.start();
    await Promise.all(back);
    const [sent, received] = await roundTrip(near, 1, 10);
    expect(received).toBe(sent);
    await near.close();
  });

  it('fails within the time for it where the process at the far end has died, and says so', async () => {
    await start();
    const echo = await startEcho(server.address);
    const mux = new Mux(connectOver(client, 'echo', { deadAfter: 500 }));
    const failure = lastValueFrom(mux.channels$).catch((error: unknown) => error);
    const channel = roundTrip(mux, 1, 64 * MIB, (count) => {
      if (count > MIB / 4) {
        echo.kill('SIGKILL');
      }
    });
    await expect(channel).rejects.toMatchObject({
      code: 'ERR_RXMUX_CARRIER_ENDED',
      cause: { code: 'ERR_RXMUX_NATS_PEER_LOST', message: 'nothing came from the far end for 500 ms' },
    });
    expect(await failure).toBeInstanceOf(NatsSessionError);
  });

  it('lets the other instances have the sessions that come after one has died', async () => {
    await start();
    const [first, second] = [await startEcho(server.address), await startEcho(server.address)];
    const exit = once(first, 'exit');
    first.kill('SIGKILL');
    await exit;
    for (let sessions = 0; sessions < 5; sessions += 1) {
      await transfer(new Mux(connectOver(client, 'echo')), 1000, Infinity, () => undefined);
    }
    second.kill();
  });

  it('has no more under way than the high-water mark while the far end takes nothing', async () => {
    await start();
    let published = 0;
    const watched = faulty(client, (_subject, payload) => {
      published += payload.length - 34;
      return 'passed';
    });
    const accepted = firstValueFrom(listenOver(service, 'sink', { queue: 'q' }));
    const near = connectOver(watched, 'sink', { highWaterMark: 100_000 });
    await accepted;
    await new Promise<void>((resolve) => {
      near.capacity$.subscribe((room) => {
        if (room > 0) {
          resolve();
        }
      });
    });
    near.write([Buffer.alloc(250_000)]);
    await client.flush();
    expect(published).toBe(100_000);
    expect(near.capacity$.value).toBe(0);
    const far: Carrier = await accepted;
    let received = 0;
    await new Promise<void>((resolve) => {
      far.inbound$.subscribe({
        next: (chunk) => {
          received += chunk.length;
          if (received === 250_000) {
            resolve();
          }
        },
        error: () => undefined,
      });
    });
    near.destroy();
  });
});
