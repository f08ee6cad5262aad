import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net';
import {
  BehaviorSubject,
  config,
  EMPTY,
  filter,
  firstValueFrom,
  map,
  NEVER,
  Observable,
  of,
  skip,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { MuxError } from '../../src/index.js';
import {
  type Connect,
  type Connected,
  ResumableCarrier,
  type ResumableCarrierOptions,
  ResumableSessions,
  type SessionCarrier,
} from '../../src/resume.js';
import { line, type Line } from '../../src/testing/line.js';
import { listen } from '../support/listen.js';
import { positionRecord, RecordType } from '../../src/resume/record.js';
import { CountingScheduler } from './counting-scheduler.js';
import { FaultLink } from './fault-link.js';
import { RawEnd } from './raw-end.js';
import { echo, echoed, Resumed, until } from './resumed.js';
import { VirtualTime } from './virtual-time.js';

const lost = (message: string, cause?: unknown): unknown =>
  expect.objectContaining({
    name: 'SessionLostError',
    code: 'ERR_RXMUX_SESSION_LOST',
    carrierDone: true,
    message: `the session is lost: ${message}`,
    ...(cause === undefined ? {} : { cause }),
  });

const state = (carrier: Pick<ResumableCarrier, 'state$'>, wanted: string): Promise<unknown> =>
  firstValueFrom(carrier.state$.pipe(filter((one) => one === wanted)));

/** A carrier whose connections are links to one server, unless the attempt is to fail. */
function carrierTo(
  sessions: ResumableSessions,
  toConnect: (
    connected: () => Connected,
    attempt: number,
  ) => ReturnType<ConstructorParameters<typeof ResumableCarrier>[0]>,
  options?: ResumableCarrierOptions,
) {
  const links: FaultLink[] = [];
  const connected = (): Connected => {
    const link = new FaultLink();
    links.push(link);
    sessions.accept(link.far);
    return link.near;
  };
  const carrier = new ResumableCarrier((attempt) => toConnect(connected, attempt), {
    retry: { delay: () => 0 },
    ...options,
  });
  return { carrier, links };
}

describe('ResumableCarrier', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it('tells its state, and how often it was resumed', async () => {
    const session = new Resumed();
    const { near, far } = await session.muxes();
    echo(far);
    const states = listen(session.carrier.state$);
    const served = listen((await session.served).state$);
    session.link.cut('rst');
    await echoed(near.open(), [Buffer.from('hello')]);
    expect(session.carrier.resumptions).toBe(1);
    expect((await session.served).resumptions).toBe(1);
    await Promise.all([near.close(), far.close()]);
    await session.isGone();
    expect(states).toEqual(['connected', 'lost', 'connected', 'over', 'complete']);
    expect(served).toEqual(['connected', 'lost', 'connected', 'over', 'complete']);
  });

  it('is full while there is no connection, and takes what it is given all the same', async () => {
    const session = new Resumed();
    const served = await session.served;
    const heard = listen(served.inbound$);
    session.carrier.inbound$.subscribe();
    session.connectInstead = () => new FaultLink().near;
    session.link.cut('rst');
    expect(session.carrier.capacity$.value).toBe(0);
    session.carrier.write([Buffer.from('written '), Buffer.from('meanwhile')]);
    session.carrier.end();
    session.carrier.write([Buffer.from('too late')]);
    expect(session.carrier.capacity$.value).toBe(0);
    session.connectInstead = undefined;
    await until(() => session.carrier.resumptions === 1 && heard.includes('complete'));
    expect(Buffer.concat(heard.slice(0, -1) as Buffer[]).toString()).toBe('written meanwhile');
    session.sessions.destroy();
    session.carrier.destroy();
  });

  it('has the room of its connection, also before it was ever written to', async () => {
    const session = new Resumed();
    await state(session.carrier, 'connected');
    const { near } = session.link;
    const rooms = [0, 500, 400].map((room) => {
      near.capacity$.next(room);
      return session.carrier.capacity$.value;
    });
    expect(rooms).toEqual([0, 500, 400]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('gives bytes once that had come and that nobody had taken when the connection was lost', async () => {
    const session = new Resumed();
    const served = await session.served; // nobody listens to it yet
    await state(session.carrier, 'connected');
    const { near } = session.link;
    const { delivered } = near;
    session.carrier.write([Buffer.from('once')]);
    await until(() => near.delivered > delivered);
    session.link.cut('rst');
    await until(() => session.carrier.resumptions === 1);
    session.carrier.write([Buffer.from(', and on')]);
    session.carrier.end();
    const heard = listen(served.inbound$);
    await until(() => heard.includes('complete'));
    expect(Buffer.concat(heard.slice(0, -1) as Buffer[]).toString()).toBe('once, and on');
    session.sessions.destroy();
    session.carrier.destroy();
  });

  it('takes no more than what is left of its buffer until that is acknowledged', async () => {
    const session = new Resumed(() => ({}), { bufferSize: 1000 });
    await session.served; // nobody takes what comes
    const { carrier } = session;
    await until(() => carrier.capacity$.value === 1000);
    carrier.write([Buffer.alloc(990)]);
    expect(carrier.capacity$.value).toBe(10);
    carrier.write([Buffer.alloc(10)]);
    expect(carrier.capacity$.value).toBe(0);
    (await session.served).inbound$.subscribe();
    await until(() => carrier.capacity$.value === 1000);
    session.sessions.destroy();
    carrier.destroy();
  });

  it('has the addresses of its connection', async () => {
    const sessions = new ResumableSessions();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sessions.accept(socket);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const sockets: Socket[] = [];
    const carrier = new ResumableCarrier(() => {
      const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      return socket;
    });
    expect(carrier.addresses.remotePort).toBeUndefined();
    await state(carrier, 'connected');
    expect(carrier.addresses).toMatchObject({ remotePort: port, localPort: sockets[0]?.localPort });
    expect(carrier.burstEnd$).toBeDefined();
    carrier.destroy();
    sessions.destroy();
    server.close();
  });

  it.each<[string, (made: () => Connected) => ReturnType<ConstructorParameters<typeof ResumableCarrier>[0]>]>(
    [
      ['a carrier', (made) => made()],
      ['a promise', (made) => Promise.resolve(made())],
      [
        'an Observable, which stays subscribed to',
        (made) =>
          new Observable((subscriber) => {
            subscriber.next(made());
          }),
      ],
      ['an array', (made) => [made()]],
    ],
  )('takes %s from connect', async (_what, toConnect) => {
    const sessions = new ResumableSessions();
    const { carrier } = carrierTo(sessions, toConnect);
    await state(carrier, 'connected');
    carrier.destroy();
    sessions.destroy();
  });

  it.each<[string, () => ReturnType<ConstructorParameters<typeof ResumableCarrier>[0]>, unknown]>([
    [
      'throws',
      () => {
        throw new Error('no way');
      },
      new Error('no way'),
    ],
    ['is rejected', () => Promise.reject(new Error('no way')), new Error('no way')],
    ['errors', () => throwError(() => new Error('no way')), new Error('no way')],
    ['gives none', () => EMPTY, new MuxError('ERR_RXMUX_SESSION_REFUSED', 'connect has given no connection')],
    [
      'gives what is none',
      () => of('nothing' as unknown as Connected),
      new TypeError("carrier must be a Duplex or a Carrier, such as a WebSocketCarrier, got 'nothing'"),
    ],
  ])('tries again where connect %s, and tells of it', async (_how, fails, error) => {
    const sessions = new ResumableSessions();
    const attempts: unknown[] = [];
    const delays: unknown[] = [];
    const { carrier } = carrierTo(
      sessions,
      (made, attempt) => {
        attempts.push(attempt);
        return attempt < 3 ? fails() : made();
      },
      {
        retry: {
          delay: (...args) => {
            delays.push(args);
            return 0;
          },
        },
      },
    );
    const told = listen(carrier.attempts$);
    await state(carrier, 'connected');
    expect(attempts).toEqual([1, 2, 3]);
    expect(delays).toEqual([
      [2, error],
      [3, error],
    ]);
    carrier.destroy();
    expect(told).toEqual([{ attempt: 2, error }, { attempt: 3, error }, 'complete']);
    sessions.destroy();
  });

  it('gives up after retry.count attempts', async () => {
    const cause = new Error('no way');
    const carrier = new ResumableCarrier(() => throwError(() => cause), {
      retry: { delay: () => 0, count: 3 },
    });
    const heard = listen(carrier.inbound$);
    const capacity = listen(carrier.capacity$);
    await state(carrier, 'over');
    expect(heard).toEqual([lost('no connection after 3 attempts', cause)]);
    expect(capacity).toEqual([0, 'complete']);
  });

  it('says of a connect that returns nothing what it is to return', () => {
    const carrier = new ResumableCarrier((() => undefined) as unknown as Connect, { retry: { count: 1 } });
    const heard = listen(carrier.inbound$);
    expect(carrier.state$.value).toBe('over');
    const cause = new TypeError(
      'carrier must be a Duplex or a Carrier, such as a WebSocketCarrier, got undefined',
    );
    expect(heard).toEqual([lost('no connection after 1 attempts', cause)]);
  });

  it.each<[string, () => number, unknown]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
      new Error('no idea'),
    ],
    ['returns NaN', () => NaN, new RangeError('options.retry.delay must return milliseconds, got NaN')],
    ['returns less than 0', () => -1, new RangeError('options.retry.delay must return milliseconds, got -1')],
  ])('gives up where retry.delay %s', (_what, delay, cause) => {
    const carrier = new ResumableCarrier(() => throwError(() => new Error('no way')), { retry: { delay } });
    const heard = listen(carrier.inbound$);
    expect(carrier.state$.value).toBe('over');
    expect(heard).toEqual([lost('retry.delay has failed', cause as Error)]);
  });

  it('gives up after timeout without a connection, also where there never was one', async () => {
    const cause = new Error('no way');
    const carrier = new ResumableCarrier(() => throwError(() => cause), { timeout: 30 });
    const heard = listen(carrier.inbound$);
    await state(carrier, 'over');
    expect(heard).toEqual([lost('there was no connection for 30 ms', cause)]);
  });

  it('is kept for as long as it has a connection, however short the timeout is', async () => {
    const scheduler = new VirtualTimeScheduler();
    const time = new VirtualTime(scheduler);
    const sessions = new ResumableSessions({ scheduler, timeout: 100 });
    const served = listen(sessions.carriers$) as SessionCarrier[];
    const lines: Line[] = [];
    const carrier = new ResumableCarrier(
      () => {
        const made = line({ scheduler, delay: 1, rate: Infinity, buffer: 65_536 });
        lines.push(made);
        sessions.accept(made.far);
        return made.near;
      },
      { scheduler, timeout: 100, retry: { delay: () => 0 } },
    );
    const ends = () => [carrier, served[0]].map((end) => [end?.state$.value, end?.resumptions]);
    await time.until(() => served.length === 1);
    await time.until(() => scheduler.now() > 1000);
    expect(ends()).toEqual(Array(2).fill(['connected', 0]));
    lines[0]?.cut(new Error('cut'));
    await time.until(() => carrier.resumptions === 1);
    const since = scheduler.now();
    await time.until(() => scheduler.now() > since + 1000);
    expect(ends()).toEqual(Array(2).fill(['connected', 1]));
    carrier.destroy();
    sessions.destroy();
  });

  it('gives up a connection, or what will be one, when it is destroyed meanwhile', async () => {
    const link = new FaultLink();
    let bring: (connection: Connected) => void = () => undefined;
    const carrier = new ResumableCarrier(
      () =>
        new Promise<Connected>((resolve) => {
          bring = resolve;
        }),
    );
    carrier.destroy();
    bring(link.near);
    const far = listen(link.far.inbound$);
    await until(() => far.includes('complete'));

    let isWanted = true;
    const other = new ResumableCarrier(
      () =>
        new Observable(() => () => {
          isWanted = false;
        }),
    );
    other.destroy();
    expect(isWanted).toBe(false);

    const shaking = new FaultLink();
    new ResumableCarrier(() => shaking.near).destroy();
    expect(shaking.near.isListenedTo).toBe(false);
  });

  it('takes one connection at a time, and leaves alone what its source says later', async () => {
    const sessions = new ResumableSessions();
    const second = new FaultLink();
    const { carrier } = carrierTo(
      sessions,
      (made) =>
        new Observable<Connected>((subscriber) => {
          subscriber.next(made());
          subscriber.next(second.near);
          subscriber.error(new Error('later'));
        }),
    );
    await state(carrier, 'connected');
    expect(listen(second.near.inbound$)).toEqual(['complete']);
    expect(carrier.state$.value).toBe('connected');
    carrier.destroy();
    const completes = carrierTo(sessions, (made) => of(made()));
    await state(completes.carrier, 'connected');
    completes.carrier.destroy();
    sessions.destroy();
  });

  it('connects again where what its connection came from throws when it is let go of', async () => {
    const thrown: unknown[] = [];
    config.onUnhandledError = (error) => thrown.push(error);
    const sessions = new ResumableSessions();
    const fault = new Error('the socket cannot be closed');
    const { carrier, links } = carrierTo(
      sessions,
      (connected) =>
        new Observable<Connected>((subscriber) => {
          subscriber.next(connected());
          return () => {
            throw fault;
          };
        }),
    );
    await state(carrier, 'connected');
    const attempts = listen(carrier.attempts$);
    links[0]?.cut('rst');
    await until(() => carrier.resumptions === 1);
    carrier.destroy();
    expect(attempts).toMatchObject([{ attempt: 1 }, 'complete']);
    await until(() => thrown.length === 2);
    expect(thrown).toMatchObject([{ errors: [fault] }, { errors: [fault] }]);
    sessions.destroy();
  });

  it('is lost at once where the server does not know the session, as after a restart', async () => {
    const session = new Resumed();
    const { near } = await session.muxes();
    const heard = listen(near.channels$);
    const channel = near.open();
    const ended = listen(channel.inbound$);
    const restarted = new ResumableSessions();
    session.connectInstead = () => {
      const link = new FaultLink();
      restarted.accept(link.far);
      return link.near;
    };
    session.link.cut('rst');
    await state(session.carrier, 'over');
    const expected = lost('the server does not know the session');
    expect(heard).toEqual([expected]);
    expect(ended).toEqual([expected]);
    session.sessions.destroy();
    restarted.destroy();
  });

  it('ends in good order where it had come to its end when the server forgot it', async () => {
    const session = new Resumed();
    const served = await session.served;
    const [here, there] = [listen(session.carrier.inbound$), listen(served.inbound$)];
    // The server's bye does not arrive: the connection is cut when the client has the end.
    session.carrier.capacity$.subscribe({
      complete: () => {
        session.link.cut('near only');
        session.sessions.destroy();
      },
    });
    const restarted = new ResumableSessions();
    session.connectInstead = () => {
      const link = new FaultLink();
      restarted.accept(link.far);
      return link.near;
    };
    served.end();
    await until(() => here.includes('complete'));
    session.carrier.end();
    await state(session.carrier, 'over');
    expect(here).toEqual(['complete']);
    expect(there).toEqual(['complete']);
    restarted.destroy();
  });

  it('does not wait for ever for a server that says nothing, nor for a connection that is dead', async () => {
    const session = new Resumed(
      (index) => (index < 2 ? { toNear: index === 0 ? 1 : 400, cut: 'silent' } : {}),
      {
        deadAfter: 500,
      },
    );
    const attempts = listen(session.carrier.attempts$);
    const { near, far } = await session.muxes();
    echo(far);
    await echoed(near.open(), [Buffer.alloc(5000)]);
    expect(attempts).toEqual([
      { attempt: 2, error: new MuxError('ERR_RXMUX_SESSION_REFUSED', 'the server has not answered in time') },
      { attempt: 1, error: expect.objectContaining({ code: 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT' }) as unknown },
    ]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('does not wait for ever for a connection that is not made, and gives it up where it comes late', async () => {
    const sessions = new ResumableSessions();
    const late = new FaultLink();
    let bring: (connection: Connected) => void = () => undefined;
    const { carrier } = carrierTo(
      sessions,
      (connected, attempt) =>
        attempt === 1
          ? new Promise<Connected>((resolve) => {
              bring = resolve;
            })
          : connected(),
      { deadAfter: 100 },
    );
    const attempts = listen(carrier.attempts$);
    await state(carrier, 'connected');
    expect(attempts).toEqual([
      {
        attempt: 2,
        error: new MuxError('ERR_RXMUX_SESSION_REFUSED', 'connect has given no connection in time'),
      },
    ]);
    const far = listen(late.far.inbound$);
    bring(late.near);
    await until(() => far.includes('complete'));
    expect(carrier.state$.value).toBe('connected');
    carrier.destroy();
    sessions.destroy();
  });

  it('is kept by pings while nobody says anything', async () => {
    const session = new Resumed(() => ({}), { deadAfter: 400 });
    await session.served;
    const attempts = listen(session.carrier.attempts$);
    const before = session.link.near.delivered;
    await until(() => session.link.near.delivered > before + 50);
    expect(attempts).toEqual([]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('lets a mux take silence amiss only while there is a connection', async () => {
    const session = new Resumed();
    const connected = listen(session.carrier.connected$);
    const { near, far } = await session.muxes({ keepAliveTimeout: 10_000 });
    echo(far);
    session.link.cut('rst');
    await echoed(near.open(), [Buffer.alloc(10)]);
    expect(connected).toEqual([false, true, false, true]);
    session.carrier.destroy();
    expect(connected.at(-1)).toBe('complete');
    session.sessions.destroy();
  });

  it('… nor where that is there, and says itself that nothing can come', async () => {
    const session = new Resumed();
    const below$ = new BehaviorSubject(true);
    Object.assign(session.link.near, { connected$: below$ });
    const connected = listen(session.carrier.connected$);
    await state(session.carrier, 'connected');
    below$.next(false);
    below$.next(true);
    expect(connected).toEqual([false, true, false, true]);
    session.link.cut('rst');
    await until(() => connected.length === 6);
    expect(below$.observed).toBe(false);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('goes on over a connection that cannot say any more whether anything can come', async () => {
    const session = new Resumed();
    const below$ = new BehaviorSubject(true);
    Object.assign(session.link.near, { connected$: below$ });
    const { near, far } = await session.muxes();
    echo(far);
    await state(session.carrier, 'connected');
    below$.error(new Error('who knows'));
    await echoed(near.open(), [Buffer.alloc(10)]);
    expect([session.carrier.connected$.value, session.links.length]).toEqual([true, 1]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('says nothing before the connection has room, since one that is not open yet drops what it is given', async () => {
    const sessions = new ResumableSessions();
    const { carrier, links } = carrierTo(sessions, (made) => {
      const connection = made() as FaultLink['near'];
      const write = connection.write.bind(connection);
      connection.capacity$.next(0);
      connection.write = (chunks) => {
        if (connection.capacity$.value > 0) {
          write(chunks);
        }
      };
      return connection;
    });
    await until(() => links.length === 1);
    expect(carrier.state$.value).toBe('connecting');
    links[0]?.near.capacity$.next(0); // would drop it
    links[0]?.near.capacity$.next(1000);
    await state(carrier, 'connected');
    carrier.destroy();
    sessions.destroy();
  });

  it('survives a carrier that throws when it is written to', async () => {
    const session = new Resumed();
    const { near, far } = await session.muxes();
    echo(far);
    session.link.near.write = () => {
      throw new Error('broken');
    };
    const attempts = listen(session.carrier.attempts$);
    const { sent, came } = await echoed(near.open(), [Buffer.alloc(10)]);
    expect(came).toBe(sent);
    expect(attempts).toEqual([{ attempt: 1, error: new Error('broken') }]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('survives a carrier that throws when it is ended, at either end, and reports that', async () => {
    const thrown: unknown[] = [];
    config.onUnhandledError = (error) => thrown.push(error);
    const session = new Resumed();
    await session.muxes();
    const [ofNear, ofFar] = [new Error('near'), new Error('far')];
    const { link } = session;
    link.near.end = () => {
      throw ofNear;
    };
    link.far.end = () => {
      throw ofFar;
    };
    session.carrier.destroy();
    expect(session.carrier.state$.value).toBe('over');
    await until(() => thrown.length === 2 && session.sessions.size === 0);
    expect(new Set(thrown)).toEqual(new Set([ofNear, ofFar]));
    await session.isGone();
  });

  it('takes a chunk of no bytes, and sends nothing', async () => {
    const session = new Resumed();
    const heard = listen((await session.served).inbound$);
    session.carrier.write([Buffer.alloc(0)]);
    session.carrier.write([Buffer.from('a'), Buffer.alloc(0)]);
    await until(() => heard.length > 0);
    expect(heard.map(String)).toEqual(['a']);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('survives a carrier that throws when it is given up, at either end, and reports that', async () => {
    const thrown: unknown[] = [];
    config.onUnhandledError = (error) => thrown.push(error);
    const session = new Resumed();
    const { near, far } = await session.muxes();
    echo(far);
    const [ofNear, ofFar] = [new Error('near'), new Error('far')];
    const { link } = session;
    link.near.destroy = () => {
      throw ofNear;
    };
    link.far.destroy = () => {
      throw ofFar;
    };
    link.cut('fin');
    const { sent, came } = await echoed(near.open(), [Buffer.alloc(10)]);
    expect(came).toBe(sent);
    await until(() => thrown.length === 2);
    expect(new Set(thrown)).toEqual(new Set([ofNear, ofFar]));
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('fails both ends where one is given up', async () => {
    const session = new Resumed();
    const served = await session.served;
    const there = listen(served.inbound$);
    session.carrier.destroy();
    session.carrier.destroy();
    session.carrier.write([Buffer.from('too late')]);
    await until(() => there.length > 0);
    expect(there).toEqual(['complete']);
    expect(session.sessions.size).toBe(0);
    await until(() => session.scheduler.running === 0 && !session.link.isListenedTo);
  });

  it('reads what a carrier gives that is no Buffer, but a part of some memory', async () => {
    const sessions = new ResumableSessions();
    const { carrier } = carrierTo(sessions, (made) => {
      const near = made() as FaultLink['near'];
      const inbound$ = near.inbound$.pipe(
        map((chunk) => {
          const memory = new Uint8Array(chunk.length + 7);
          memory.set(chunk, 3);
          return memory.subarray(3, 3 + chunk.length);
        }),
      );
      return {
        inbound$,
        capacity$: near.capacity$,
        write: (chunks: readonly Uint8Array[]) => {
          near.write(chunks);
        },
        end: () => {
          near.end();
        },
        destroy: () => {
          near.destroy();
        },
      };
    });
    const heard = listen(carrier.inbound$);
    (await firstValueFrom(sessions.carriers$)).write([Buffer.from('hello')]);
    await until(() => heard.length > 0);
    expect(Buffer.from(heard[0] as Uint8Array).toString()).toBe('hello');
    carrier.destroy();
    sessions.destroy();
  });

  it('can be given up by whoever hears that its connection is lost, or is there again', async () => {
    for (const [what, last] of [
      ['connected$', 'connected'],
      ['state$', 'lost'],
      ['again', 'lost'],
    ] as const) {
      const session = new Resumed();
      const served = await session.served;
      const states = listen(served.state$);
      const giveUp = (isWanted: boolean): void => {
        if (isWanted) {
          served.destroy();
        }
      };
      if (what === 'state$') {
        served.state$.subscribe((one) => {
          giveUp(one === 'lost');
        });
      } else {
        served.connected$?.pipe(skip(1)).subscribe((isConnected) => {
          giveUp(isConnected === (what === 'again'));
        });
      }
      session.link.cut('rst');
      await until(() => states.at(-1) === 'complete' && session.carrier.state$.value === 'over');
      expect(states.slice(0, -2).at(-1)).toBe(last);
      expect(states.slice(-2)).toEqual(['over', 'complete']);
      expect(served.state$.value).toBe('over');
      expect(session.sessions.size).toBe(0);
      await until(() => session.scheduler.running === 0 && !session.links.some((one) => one.isListenedTo));
    }
  });

  it('can be given up in the middle of connecting, and of its goodbye', async () => {
    const link = new FaultLink();
    for (const connect of [
      () => link.near,
      (): FaultLink['near'] => {
        throw new Error('no way');
      },
    ]) {
      const scheduler = new CountingScheduler();
      const carrier = new ResumableCarrier(
        (attempt) => {
          if (attempt === 1) {
            throw new Error('not yet');
          }
          carrier.destroy();
          return connect();
        },
        { scheduler, retry: { delay: () => 0 } },
      );
      await state(carrier, 'over');
      await until(() => scheduler.running === 0);
    }
    expect(listen(link.near.inbound$)).toEqual(['complete']);

    const session = new Resumed();
    const served = await session.served;
    served.inbound$.subscribe();
    session.carrier.inbound$.subscribe();
    const states = listen(session.carrier.state$);
    session.carrier.state$.subscribe((one) => {
      if (one === 'lost') {
        session.carrier.destroy();
      }
    });
    const { near } = session.link;
    const write = near.write.bind(near);
    near.write = (chunks) => {
      if (chunks[0]?.[0] === RecordType.bye) {
        throw new Error('broken');
      }
      write(chunks);
    };
    session.carrier.end();
    served.end();
    await until(() => states.includes('complete'));
    expect(states).toEqual(['connected', 'lost', 'over', 'complete']);
    session.sessions.destroy();
    await until(() => session.scheduler.running === 0);
    expect(session.links).toHaveLength(1);
  });

  it('connects no more after it was given up by whoever hears of an attempt, or is asked when to make it', async () => {
    for (const isAsked of [false, true]) {
      const scheduler = new CountingScheduler();
      const attempts: number[] = [];
      const giveUp = (attempt: number): void => {
        if (attempt === 3) {
          carrier.destroy();
        }
      };
      const delay = (attempt: number): number => {
        if (isAsked) {
          giveUp(attempt);
        }
        return 0;
      };
      const carrier = new ResumableCarrier(
        (attempt) => {
          attempts.push(attempt);
          return throwError(() => new Error('no way'));
        },
        { scheduler, retry: { delay } },
      );
      carrier.attempts$.subscribe(({ attempt }) => {
        giveUp(attempt);
      });
      await state(carrier, 'over');
      expect(scheduler.running).toBe(0);
      expect(attempts).toEqual([1, 2]);
    }
  });

  it('is forgotten by the server in good order where it has ended both ways and the last goodbye never comes', async () => {
    const scheduler = new CountingScheduler();
    const sessions = new ResumableSessions({ timeout: 30, scheduler });
    const link = new FaultLink();
    sessions.accept(link.far);
    const client = new RawEnd(link.near);
    await client.begin();
    client.say(positionRecord(RecordType.acknowledgement, 0));
    const served = await firstValueFrom(sessions.carriers$);
    const heard = listen(served.inbound$);
    served.end();
    client.say(positionRecord(RecordType.fin, 0), positionRecord(RecordType.acknowledgement, 1));
    await client.hears(RecordType.bye);
    client.end();
    await state(served, 'over');
    expect(heard).toEqual(['complete']);
    expect(sessions.size).toBe(0);
    await until(() => scheduler.running === 0);
  });

  it('acknowledges the end before it says goodbye, also where the connection has no room at that moment', async () => {
    const sessions = new ResumableSessions();
    const link = new FaultLink();
    const capacity$ = new BehaviorSubject(1000);
    sessions.accept({
      inbound$: link.far.inbound$,
      capacity$,
      write: link.far.write.bind(link.far),
      end: link.far.end.bind(link.far),
      destroy: link.far.destroy.bind(link.far),
    });
    const client = new RawEnd(link.near);
    await client.begin();
    client.say(positionRecord(RecordType.acknowledgement, 0));
    const served = await firstValueFrom(sessions.carriers$);
    served.inbound$.subscribe();
    served.end();
    await client.hears(RecordType.fin);
    capacity$.next(0);
    client.say(positionRecord(RecordType.acknowledgement, 1), positionRecord(RecordType.fin, 0));
    await client.hears(RecordType.bye);
    expect(client.heard.slice(-2).map(({ type }) => type)).toEqual([
      RecordType.acknowledgement,
      RecordType.bye,
    ]);
    sessions.destroy();
  });

  it.each<[string, unknown, unknown, string]>([
    ['connect', 'a url', undefined, "connect must be a function, got 'a url'"],
    ['bufferSize', () => NEVER, { bufferSize: 0 }, 'options.bufferSize must be a whole number from 1, got 0'],
    [
      'timeout',
      () => NEVER,
      { timeout: 2 ** 31 },
      'options.timeout must be a whole number 1 … 2147483647, got 2147483648',
    ],
    [
      'deadAfter',
      () => NEVER,
      { deadAfter: true },
      'options.deadAfter must be a number of milliseconds or false, got true',
    ],
    ['retry', () => NEVER, { retry: { times: 3 } }, 'options.retry.times is not an option'],
    [
      'retry.delay',
      () => NEVER,
      { retry: { delay: 100 } },
      'options.retry.delay must be a function, got 100',
    ],
    [
      'retry.count',
      () => NEVER,
      { retry: { count: 0 } },
      'options.retry.count must be a whole number from 1, got 0',
    ],
    [
      'scheduler',
      () => NEVER,
      { scheduler: {} },
      'options.scheduler must be an RxJS scheduler, got an object',
    ],
  ])('says what is wrong with %s', (_name, connect, options, message) => {
    expect(() => new ResumableCarrier(connect as never, options as never)).toThrow(message);
  });

  it('says so where there is no Web Crypto', () => {
    const { crypto } = globalThis;
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      expect(() => new ResumableCarrier(() => NEVER as never)).toThrow('sessions need Web Crypto');
      expect(() => new ResumableSessions()).toThrow('sessions need Web Crypto');
    } finally {
      Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
    }
  });

  it('waits 100 ms before it tries again, twice as long each time, and 10 s at most, of which half is chance', async () => {
    const { retrySettings } = await import('../../src/resume/retry.js');
    const { delay, count } = retrySettings(undefined);
    expect(count).toBe(Infinity);
    for (const [attempt, longest] of [
      [1, 100],
      [2, 200],
      [5, 1600],
      [8, 10_000],
      [2000, 10_000],
    ] as const) {
      for (let i = 0; i < 20; i += 1) {
        expect(delay(attempt, undefined)).toBeGreaterThanOrEqual(longest / 2);
        expect(delay(attempt, undefined)).toBeLessThanOrEqual(longest);
      }
    }
  });
});
