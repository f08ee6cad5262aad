import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import {
  connectOver,
  listenOver,
  type NatsCarrierOptions,
  type NatsListenOptions,
  NatsSessionError,
} from '../../src/nats.js';
import { decodeMessage, encodeMessage, Kind, type SessionHeader } from '../../src/nats/session-message.js';
import { listen } from '../support/listen.js';
import { FakeNats, FakeServer, Time } from './fake-nats.js';
import { there } from './there.js';

const HEADER: SessionHeader = {
  kind: Kind.state,
  flags: 0,
  position: 0,
  received: 0,
  taken: 0,
  window: 1000,
  number: 0,
};

/** Where a client of the service might listen. */
const SOMEBODY = '_RXMUX.market.client.0123456789abcdef0123456789abcdef';

const message = (header: Partial<SessionHeader>): Uint8Array => encodeMessage({ ...HEADER, ...header });

function start(listenOptions: NatsListenOptions = {}, connectOptions: NatsCarrierOptions = {}) {
  const server = new FakeServer();
  const [client, service] = [new FakeNats(server), new FakeNats(server)];
  const time = new Time();
  const carriers: Carrier[] = [];
  const ends: unknown[] = [];
  const listening = listenOver(service, 'market', {
    queue: 'q',
    scheduler: time,
    ...listenOptions,
  }).subscribe({
    next: (carrier) => carriers.push(carrier),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  const connect = () => connectOver(client, 'market', { scheduler: time, ...connectOptions });
  const kinds = () => server.published.map(({ data }) => decodeMessage(data)?.kind);
  return { server, client, service, time, carriers, ends, listening, connect, kinds };
}

/** A session, both ends of which know each other. */
function session(...options: Parameters<typeof start>) {
  const made = start(...options);
  const near = made.connect();
  made.server.pass();
  const [far] = made.carriers;
  if (far === undefined) {
    throw new Error('nobody has listened');
  }
  return { ...made, near, far };
}

const subjects = ({ subscribed }: FakeServer): string[] => [...subscribed].map(({ subject }) => subject);

/** A session is taken, and all goes well until the client hears of that; what comes then is lost. */
function takenAndGone(server: FakeServer): void {
  const greeting = server.published[0];
  const [instance] = server.subscribed;
  server.lose();
  instance?.callback(null, { data: greeting?.data ?? new Uint8Array(0), reply: greeting?.reply });
  const welcome = server.published.at(-1);
  server.lose();
  const own = [...server.subscribed].find(({ subject }) => subject === greeting?.reply);
  own?.callback(null, { data: welcome?.data ?? new Uint8Array(0), reply: welcome?.reply });
  server.lose();
}

describe('a session over NATS', () => {
  it('has a subject for each end that nobody can guess', () => {
    const [first, second] = [session(), session()].map(({ server }) => subjects(server));
    expect(first).toEqual([
      'market',
      expect.stringMatching(/^_RXMUX\.market\.client\.[0-9a-f]{32}$/),
      expect.stringMatching(/^_RXMUX\.market\.server\.[0-9a-f]{32}$/),
    ]);
    expect(first?.filter((subject) => second?.includes(subject))).toEqual(['market']);
  });

  it('begins where the service listens later', () => {
    const { server, time, connect, carriers, service } = start();
    server.subscribed.clear();
    const near = connect();
    server.pass();
    listenOver(service, 'market', { scheduler: time }).subscribe((carrier) => carriers.push(carrier));
    time.pass(99);
    server.pass();
    expect(carriers).toHaveLength(0);
    time.pass(1);
    server.pass();
    expect(carriers).toHaveLength(1);
    expect(near.capacity$.value).toBe(1_048_576);
  });

  it('fails where nobody listens', () => {
    const { server, time, connect } = start();
    server.subscribed.clear();
    const near = connect();
    const inbound = listen(near.inbound$);
    for (let ms = 0; ms < 10_000; ms += 33) {
      server.pass();
      time.pass(33);
    }
    expect(inbound).toEqual([
      new NatsSessionError('ERR_RXMUX_NATS_NO_SERVICE', "nobody listens to 'market' for 10000 ms"),
    ]);
    expect(inbound[0]).toMatchObject({ name: 'NatsSessionError', code: 'ERR_RXMUX_NATS_NO_SERVICE' });
    expect(subjects(server)).toEqual([]);
    expect(server.published.filter(({ subject }) => subject === 'market')).toHaveLength(13);
  });

  it('fails where nobody answers, with what the client has told of as the cause', async () => {
    const { server, time, connect, client } = start({}, { deadAfter: 700 });
    const inbound = listen(connect().inbound$);
    const cause = new Error('Permissions Violation for Publish to "market"');
    await client.tell('error', cause);
    server.lose();
    time.pass(700);
    expect(inbound).toEqual([
      new NatsSessionError('ERR_RXMUX_NATS_NO_SERVICE', "no instance of 'market' has answered for 700 ms"),
    ]);
    expect(inbound[0]).toMatchObject({ cause });
  });

  it('does not look for the service while there is no connection', async () => {
    const { server, time, connect, client, carriers } = start();
    client.info = undefined;
    connect();
    time.pass(60_000);
    expect(server.published).toHaveLength(0);
    await client.tell('reconnect');
    server.pass();
    expect(carriers).toHaveLength(1);
  });

  it('does not look for the service where the connection had broken before, and its client now dials again', async () => {
    const { server, time, connect, client } = start({}, { deadAfter: 1000 });
    const heard = listen(connect().inbound$);
    time.pass(100);
    await client.tell('reconnecting');
    const { length } = server.published;
    time.pass(10_000);
    expect(server.published).toHaveLength(length);
    await client.tell('reconnect');
    time.pass(900);
    expect(server.published.length).toBeGreaterThan(length);
    expect(heard).toEqual([]);
  });

  it('is one where a greeting has come twice, at one instance or at two', () => {
    const { server, time, connect, carriers, service, ends } = start();
    const other: Carrier[] = [];
    const near = connect();
    const [greeting] = server.published;
    server.publish(there(greeting));
    const [first] = server.subscribed;
    listenOver(new FakeNats(server), 'market', { scheduler: time }).subscribe((carrier) =>
      other.push(carrier),
    );
    const second = [...server.subscribed].at(-1);
    first?.callback(null, { data: greeting?.data ?? new Uint8Array(0), reply: greeting?.reply });
    second?.callback(null, { data: greeting?.data ?? new Uint8Array(0), reply: greeting?.reply });
    server.pass();
    expect([carriers.length, other.length]).toEqual([1, 0]);
    expect(subjects(server)).toHaveLength(4); // two of the service, and two ends
    expect(near.capacity$.value).toBeGreaterThan(0);
    expect([ends, service.info]).toEqual([[], { max_payload: 1_048_576 }]);
  });

  it('is not begun with what is no greeting', () => {
    const { server, carriers } = start();
    server.publish({ subject: 'market', data: Buffer.from('hello'), reply: 'somebody' });
    server.publish({ subject: 'market', data: message({ kind: Kind.hello }), reply: undefined });
    server.publish({ subject: 'market', data: message({ kind: Kind.state }), reply: SOMEBODY });
    server.pass();
    expect(carriers).toEqual([]);
    expect(subjects(server)).toEqual(['market']);
  });

  it.each([
    ['another subject', 'orders'],
    ['a subject of another service', SOMEBODY.replace('market', 'orders')],
    ['the subject of a server', SOMEBODY.replace('client', 'server')],
    ['a name that is none', `${SOMEBODY.slice(0, -1)}x`],
    ['more than a name', `${SOMEBODY}.more`],
    ['a subject that is too long for the server to be published to from here', 'x'.repeat(4050)],
  ])('is not begun where the greeting is to be answered to what is no client: %s', (_what, reply) => {
    const { server, carriers } = start();
    server.publish({ subject: 'market', data: message({ kind: Kind.hello }), reply });
    server.pass();
    expect(carriers).toEqual([]);
    expect(server.published).toHaveLength(1); // nothing is said
  });

  it('is forgotten where the far end does not come after its greeting', () => {
    const { server, time, carriers } = start({ deadAfter: 1000 });
    server.publish({ subject: 'market', data: message({ kind: Kind.hello }), reply: SOMEBODY });
    server.pass(); // the server says that nobody listens there
    expect(subjects(server)).toHaveLength(2);
    time.pass(1000);
    expect(subjects(server)).toEqual(['market']);
    expect(carriers).toEqual([]);
  });

  it('goes to another instance where the one that has taken it listens no more', () => {
    const { server, time, connect, carriers, listening } = start();
    const near = connect();
    takenAndGone(server);
    listening.unsubscribe();
    const other: Carrier[] = [];
    listenOver(new FakeNats(server), 'market', { scheduler: time }).subscribe((carrier) =>
      other.push(carrier),
    );
    server.pass();
    const inbound = listen(there(other[0]).inbound$);
    server.pass();
    near.write([Buffer.from('bytes')]);
    server.pass();
    expect([carriers.length, other.length]).toEqual([0, 1]);
    expect(inbound.map(String)).toEqual(['bytes']);
  });

  it('says nothing to nobody where it is ended as it is sent away: the next instance hears of its end', () => {
    const { server, time, connect, listening } = start();
    const near = connect();
    takenAndGone(server);
    near.connected$?.subscribe((isConnected) => {
      if (!isConnected) {
        near.end();
      }
    });
    listening.unsubscribe();
    server.pass();
    const other: Carrier[] = [];
    listenOver(new FakeNats(server), 'market', { scheduler: time }).subscribe((carrier) =>
      other.push(carrier),
    );
    time.pass(1000);
    server.pass();
    expect(listen(there(other[0]).inbound$)).toEqual(['complete']);
    expect(server.published.filter(({ subject }) => typeof subject !== 'string')).toEqual([]);
  });

  it('waits for another instance for as long as there is no connection, after one has sent it away', async () => {
    const { server, time, connect, client, listening } = start({}, { deadAfter: 1000 });
    const failures = listen(connect().inbound$);
    takenAndGone(server);
    listening.unsubscribe();
    server.pass();
    await client.tell('disconnect');
    time.pass(60_000);
    const other: Carrier[] = [];
    listenOver(new FakeNats(server), 'market', { scheduler: time }).subscribe((carrier) =>
      other.push(carrier),
    );
    await client.tell('reconnect');
    server.pass();
    expect(other).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it('hears nothing more of an instance that has sent it away', () => {
    const { server, time, connect, listening } = start();
    const near = connect();
    const inbound = listen(near.inbound$);
    takenAndGone(server);
    listening.unsubscribe();
    server.pass();
    const own = subjects(server).find((subject) => subject.includes('client')) ?? '';
    const late = encodeMessage({ ...HEADER, window: 7 }, [Buffer.from('late')], 4);
    server.publish({ subject: own, data: late, reply: undefined });
    server.pass();
    expect([inbound, near.capacity$.value]).toEqual([[], 0]);
    const other: Carrier[] = [];
    listenOver(new FakeNats(server), 'market', { scheduler: time }).subscribe((carrier) => {
      other.push(carrier);
      carrier.write([Buffer.from('bytes')]);
    });
    time.pass(1000);
    server.pass();
    expect(inbound.map(String)).toEqual(['bytes']);
  });

  it('goes on where a message comes late that sends away somebody else', () => {
    const { server, near } = session();
    const own = subjects(server).find((subject) => subject.includes('client')) ?? '';
    server.publish({ subject: own, data: message({ kind: Kind.refused }), reply: 'somebody' });
    server.publish({ subject: own, data: message({ kind: Kind.welcome }), reply: undefined });
    server.publish({ subject: own, data: message({ kind: Kind.hello }), reply: 'somebody' });
    server.pass();
    expect(near.capacity$.value).toBe(1_048_576);
  });

  it('that the far end does not know of yet fails alone where a message comes that is none', () => {
    const { server, carriers, ends } = start();
    server.publish({ subject: 'market', data: message({ kind: Kind.hello }), reply: SOMEBODY });
    server.pass();
    const own = subjects(server).find((subject) => subject.includes('server')) ?? '';
    server.publish({ subject: own, data: Buffer.from('GET / HTTP/1.1'), reply: undefined });
    server.pass();
    expect(subjects(server)).toEqual(['market']);
    expect([carriers, ends]).toEqual([[], []]);
  });

  it('fails at both ends where a message comes that is none', () => {
    const { server, near, far } = session();
    const ends = [listen(near.inbound$), listen(far.inbound$)];
    const own = subjects(server).find((subject) => subject.includes('client')) ?? '';
    server.publish({ subject: own, data: Buffer.from('GET / HTTP/1.1'), reply: undefined });
    server.pass();
    expect(ends).toEqual([
      [new Error('the far end has sent what is no message of a session')],
      [new Error('the far end has been destroyed')],
    ]);
    expect(ends[0]?.[0]).toMatchObject({ code: 'ERR_RXMUX_PROTOCOL' });
    expect(ends[1]?.[0]).toMatchObject({ code: 'ERR_RXMUX_NATS_PEER_DESTROYED' });
    expect(subjects(server)).toEqual(['market']);
  });

  it('fails where the far end says that it has what was never sent', () => {
    const { server, near } = session();
    const inbound = listen(near.inbound$);
    const own = subjects(server).find((subject) => subject.includes('client')) ?? '';
    server.publish({ subject: own, data: message({ received: 1, taken: 1 }), reply: undefined });
    server.pass();
    expect(inbound).toEqual([
      new Error('the far end has received up to 1, and taken up to 1, of what was sent up to 0'),
    ]);
  });

  it('fails where the far end is silent for longer than it may be, and tells it so', () => {
    const { server, time, near, kinds } = session({}, { deadAfter: 1000 });
    const [inbound, capacity] = [listen(near.inbound$), listen(near.capacity$)];
    for (let ms = 0; ms < 1000; ms += 37) {
      time.pass(37);
      server.lose();
    }
    expect(inbound).toEqual([
      new NatsSessionError('ERR_RXMUX_NATS_PEER_LOST', 'nothing came from the far end for 1000 ms'),
    ]);
    expect(capacity.at(-1)).toBe('complete');
    expect(kinds().at(-1)).toBe(Kind.reset);
  });

  it('gives nothing of what has waited for a subscriber once it is destroyed', async () => {
    const { server, near, far } = session();
    near.write([Buffer.from('bytes')]);
    server.pass();
    far.destroy();
    const inbound = listen(far.inbound$);
    await Promise.resolve();
    expect(inbound).toEqual(['complete']);
  });

  it('… also where that has ended both ways before', async () => {
    const { server, near, far } = session();
    near.write([Buffer.from('bytes')]);
    near.end();
    far.end();
    server.pass();
    far.destroy();
    const inbound = listen(far.inbound$);
    await Promise.resolve();
    expect(inbound).toEqual(['complete']);
  });

  it('ends in good order where one end is destroyed that has had all, and the other does not know that yet', () => {
    const { server, time, near, far } = session();
    const [inbound, capacity] = [listen(far.inbound$), listen(far.capacity$)];
    near.end();
    server.pass();
    const deaf = there([...server.subscribed].find(({ subject }) => subject.includes('server')));
    server.subscribed.delete(deaf);
    far.end();
    server.pass();
    server.subscribed.add(deaf);
    near.destroy();
    server.pass();
    expect(capacity.at(-1)).not.toBe('complete');
    time.pass(1000);
    server.pass();
    expect(capacity.at(-1)).toBe('complete');
    expect(inbound).toEqual(['complete']);
  });

  it('waits for its connection for as long as that takes, and sends then what was written meanwhile', async () => {
    const { server, time, near, far, client } = session({ deadAfter: 1e6 }, { deadAfter: 1000 });
    const [inbound, failures] = [listen(far.inbound$), listen(near.inbound$)];
    await client.tell('disconnect');
    near.write([Buffer.from('by')]);
    near.write([Buffer.from('tes')]);
    time.pass(60_000);
    expect(server.published.filter(({ data }) => data.length > 34)).toEqual([]);
    await client.tell('reconnect');
    server.pass();
    expect(Buffer.concat(inbound as Buffer[]).toString()).toBe('bytes');
    expect(failures).toEqual([]);
  });

  it('says whether its far end can be heard, so that no mux takes the silence of a restart amiss', async () => {
    const { server, connect, carriers, client, service, listening } = start();
    const near = connect();
    const said = listen(there(near.connected$));
    expect(said).toEqual([false]);
    server.pass();
    expect(said).toEqual([false, true]);
    await client.tell('disconnect');
    await client.tell('reconnect');
    expect(said).toEqual([false, true, false, true]);
    await service.tell('disconnect');
    expect(listen(there(there(carriers[0]).connected$))).toEqual([false]);
    listening.unsubscribe();
    near.destroy();
    expect(said).toEqual([false, true, false, true, 'complete']);
  });

  it('has no far end that can be heard after the one that has taken it sends it on, whatever becomes of the connection', async () => {
    const { server, connect, listening, client } = start();
    const near = connect();
    const said = listen(there(near.connected$));
    takenAndGone(server);
    listening.unsubscribe();
    server.pass();
    await client.tell('disconnect');
    await client.tell('reconnect');
    expect(said).toEqual([false, true, false]);
  });

  it('begins without a connection, and goes on when there is one', async () => {
    const { server, time, client, connect, carriers } = start();
    const near = connect();
    const [instance] = server.subscribed;
    const greeting = server.published[0];
    server.lose();
    instance?.callback(null, { data: greeting?.data ?? new Uint8Array(0), reply: greeting?.reply });
    await client.tell('disconnect');
    server.pass(); // it is welcomed by what has come before
    near.write([Buffer.from('bytes')]);
    time.pass(5000);
    server.pass();
    expect(carriers).toHaveLength(0);
    await client.tell('reconnect');
    server.pass();
    expect(carriers).toHaveLength(1);
  });

  it('takes an exception of the client for a message that is lost', () => {
    const { server, time, near, far, client } = session();
    const inbound = listen(far.inbound$);
    client.refuses = new Error('max_payload size exceeded');
    near.write([Buffer.from('bytes')]);
    server.pass();
    client.refuses = undefined;
    time.pass(250);
    server.pass();
    expect(inbound.map(String)).toEqual(['bytes']);
  });

  it('has lost bytes sent again in time though somebody puts the clock back', () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    try {
      const { server, near, far } = session({ scheduler: asyncScheduler }, { scheduler: asyncScheduler });
      const inbound = listen(far.inbound$);
      near.write([Buffer.from('lost')]);
      server.lose();
      jest.setSystemTime(Date.now() - 3_600_000);
      for (let ms = 0; ms < 1000; ms += 50) {
        jest.advanceTimersByTime(50);
        server.pass();
      }
      expect(inbound.map(String)).toEqual(['lost']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('holds so many bytes that both ends and the server are busy', () => {
    const { near, far } = session();
    expect([near.holds, far.holds]).toEqual([524_288, 524_288]);
  });

  it('sends messages that the server takes, now and while it says nothing', () => {
    const { server, near, client } = session();
    const longest = (): number => Math.max(...server.published.splice(0).map(({ data }) => data.length));
    near.write([Buffer.alloc(40_000)]);
    expect(longest()).toBe(20_480);
    client.info = { max_payload: 1000 };
    near.write([Buffer.alloc(40_000)]);
    expect(longest()).toBe(1000);
    client.info = undefined;
    near.write([Buffer.alloc(40_000)]);
    expect(longest()).toBe(1000);
    client.info = { max_payload: 10 };
    near.write([Buffer.alloc(2)]);
    expect(longest()).toBe(35);
  });

  it('fails when the connection is closed, with the reason where there is one', async () => {
    const { near, far, client, service, ends, connect, server, carriers } = session();
    const other = connect();
    server.pass();
    const heard = [near, other].map(({ inbound$ }) => listen(inbound$));
    const heardFar = [far, there(carriers[1])].map(({ inbound$ }) => listen(inbound$));
    const reason = new Error('too many reconnections');
    await client.close(reason);
    await service.close();
    const failure = new NatsSessionError('ERR_RXMUX_NATS_CLOSED', 'the connection of NATS is closed');
    for (const [error, ...others] of heard) {
      expect([error, ...others]).toEqual([failure]);
      expect(error).toMatchObject({ code: 'ERR_RXMUX_NATS_CLOSED', cause: reason });
    }
    for (const [error, ...others] of heardFar) {
      expect([error, ...others]).toEqual([failure]);
      expect(error).not.toHaveProperty('cause');
    }
    expect(ends).toEqual(['complete']);
  });

  it('still hears of that where the client tells of nothing', async () => {
    const { near, client } = session();
    const heard = listen(near.inbound$);
    await client.failStatus();
    await client.close();
    expect(heard).toHaveLength(1);
  });

  it('fails where NATS does not let an end listen', () => {
    const { near, client } = session();
    const heard = listen(near.inbound$);
    const error = client.deny('_RXMUX');
    expect(heard).toEqual([error]);
  });

  it('hears nothing more once it is destroyed', () => {
    const { server, near } = session();
    const heard = listen(near.inbound$);
    const own = [...server.subscribed].find(({ subject }) => subject.includes('client'));
    near.destroy();
    own?.callback(null, { data: Buffer.from('what is none') });
    expect(heard).toEqual(['complete']);
  });

  it('takes nothing more once it has been ended or destroyed, twice as well as once', () => {
    const { server, near, far } = session();
    const [inbound, back] = [listen(far.inbound$), listen(near.inbound$)];
    near.write([Buffer.from('all')]);
    near.end();
    near.end();
    near.write([Buffer.from(' and more')]);
    server.pass();
    expect(inbound.map(String)).toEqual(['all', 'complete']);
    far.destroy();
    far.destroy();
    far.write([Buffer.from('late')]);
    server.pass();
    expect(back).toHaveLength(1);
  });

  it('that has ended both ways leaves nothing behind, though its ends are destroyed then', () => {
    const { server, time, near, far } = session();
    const heard = [listen(near.inbound$), listen(far.inbound$), listen(near.capacity$)];
    near.end();
    far.end();
    near.destroy();
    far.destroy();
    server.pass();
    expect(heard.map((one) => one.at(-1))).toEqual(['complete', 'complete', 'complete']);
    expect(subjects(server)).toEqual(['market']);
    time.pass(60_000);
    expect(server.published.length).toBeLessThan(20);
  });

  it('that has ended both ways goes in the end where the far end does not say that it knows', () => {
    const { server, time, near, far } = session();
    far.inbound$.subscribe();
    near.inbound$.subscribe();
    far.end();
    server.pass();
    near.end();
    const [wrote] = server.published.slice(-1);
    server.lose();
    const own = [...server.subscribed].find(({ subject }) => subject === wrote?.subject);
    own?.callback(null, { data: wrote?.data ?? new Uint8Array(0), reply: undefined });
    server.lose(); // the far end is done, and its last word is lost
    near.destroy();
    server.lose();
    expect(subjects(server)).toHaveLength(2);
    far.destroy();
    time.pass(10_000);
    expect(subjects(server)).toEqual(['market']);
  });

  it('has its part of what all sessions of a connection may have waiting', () => {
    const made = session();
    const windows = (): number[] =>
      made.server.published.splice(0).map(({ data }) => decodeMessage(data)?.window ?? 0);
    expect(Math.max(...windows())).toBe(1_048_576);
    const others = Array.from({ length: 31 }, made.connect);
    made.server.pass();
    expect(windows().at(-1)).toBe(524_288);
    for (const other of others) {
      other.destroy();
    }
    made.server.pass();
    windows();
    made.connect();
    made.server.pass();
    expect(windows().at(-1)).toBe(1_048_576);
  });
});

describe('listenOver', () => {
  it('fails where NATS does not let it listen to the service', () => {
    const { service, ends } = start();
    const error = service.deny('market');
    expect(ends).toEqual([error]);
  });

  it('fails where NATS does not let it listen to the subjects of sessions', () => {
    const { server, connect, service, ends, carriers } = start();
    connect();
    const [greeting] = server.published;
    server.lose();
    const [instance] = server.subscribed;
    instance?.callback(null, { data: greeting?.data ?? new Uint8Array(0), reply: greeting?.reply });
    const error = service.deny('_RXMUX');
    expect(ends).toEqual([error]);
    expect(carriers).toEqual([]);
  });

  it.each([
    ['to another subject', { operation: 'subscription', subject: 'weather' }],
    [
      'in another queue group, or in its own before',
      { operation: 'subscription', subject: 'market', queue: 'q' },
    ],
    ['or publish', { operation: 'publish', subject: 'market' }],
  ])('goes on where NATS does not let somebody listen %s', async (_, what) => {
    const { service, ends } = start();
    await service.tell('error', Object.assign(new Error('Permissions Violation'), what));
    expect(ends).toEqual([]);
  });

  it('fails where NATS lets it listen no more', async () => {
    const { service, ends, server } = start();
    const error = Object.assign(new Error('Permissions Violation'), {
      operation: 'subscription',
      subject: 'market',
      queue: undefined,
    });
    await service.tell('error', error);
    expect(ends).toEqual([error]);
    expect(server.subscribed.size).toBe(0);
  });

  it('leaves sessions to others when its client is about to be closed', () => {
    const { server, connect, service, ends } = start();
    connect();
    service.refuses = new Error('draining');
    server.pass();
    expect(ends).toEqual([]);
  });

  it('fails with what the client says of a connection that is closed', () => {
    const nats = new FakeNats(new FakeServer());
    nats.refuses = new Error('closed connection');
    expect(listen(listenOver(nats, 'market'))).toEqual([nats.refuses]);
    expect(() => connectOver(nats, 'market')).toThrow(nats.refuses);
  });

  it('fails with the reason where the client has given up the connection', async () => {
    const { service, ends } = start();
    const cause = new Error('too many reconnections');
    await service.close(cause);
    expect(ends).toEqual([new NatsSessionError('ERR_RXMUX_NATS_CLOSED', 'the connection of NATS is closed')]);
    expect(ends[0]).toMatchObject({ cause });
  });

  it('is one of a queue group with the name of the service where it is not told another', () => {
    const server = new FakeServer();
    listenOver(new FakeNats(server), 'eu.market').subscribe();
    expect([...server.subscribed][0]?.queue).toBe('eu.market');
    expect([...start().server.subscribed][0]?.queue).toBe('q');
  });

  it.each([
    [() => listenOver(new FakeNats(new FakeServer()), 'market.*'), 'service must be a subject'],
    [
      () => listenOver(new FakeNats(new FakeServer()), 'm', { queue: 'a b' }),
      'options.queue must be a subject',
    ],
    [() => connectOver(new FakeNats(new FakeServer()), ''), 'service must be a subject'],
    [() => connectOver(new FakeNats(new FakeServer()), 1 as unknown as string), 'got 1'],
    [
      () => connectOver(new FakeNats(new FakeServer()), 'm', { highWaterMark: 0 }),
      'options.highWaterMark must be a whole number',
    ],
    [
      () => connectOver(new FakeNats(new FakeServer()), 'm', { deadAfter: 2 ** 31 }),
      'options.deadAfter must be a whole number',
    ],
    [
      () => connectOver(new FakeNats(new FakeServer()), 'm', { scheduler: {} as SchedulerLike }),
      'options.scheduler must be an RxJS scheduler',
    ],
    [
      () => connectOver(new FakeNats(new FakeServer()), 'm', { deadafter: 1 } as NatsCarrierOptions),
      'options.deadafter is not an option (did you mean deadAfter?)',
    ],
  ])('and connectOver say what they cannot take: %s', (work, words) => {
    expect(work).toThrow(words);
  });
});
