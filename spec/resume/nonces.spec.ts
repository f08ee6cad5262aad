import { inspect } from 'node:util';
import type { Begun, ResumeClaim } from '../../src/resume/handshake.js';
import { dataRecord, positionRecord, RecordType } from '../../src/resume/record.js';
import { ResumableSessions, type SessionCarrier } from '../../src/resume.js';
import { listen } from '../support/listen.js';
import { FaultLink } from './fault-link.js';
import { RawEnd } from './raw-end.js';
import { echo, echoed, Resumed, until } from './resumed.js';

const UNKNOWN = Buffer.from('01', 'hex');

/** A session at a server, whose client is the test. */
async function serve() {
  const authorize = jest.fn(() => true);
  const sessions = new ResumableSessions({ deadAfter: false, authorize });
  const carriers: SessionCarrier[] = [];
  sessions.carriers$.subscribe((carrier) => carriers.push(carrier));
  /** A new connection. */
  const connect = (link = new FaultLink()): RawEnd => {
    sessions.accept(link.far);
    return new RawEnd(link.near);
  };
  const first = connect();
  const begun = await first.begin();
  first.say(positionRecord(RecordType.acknowledgement, 0));
  await until(() => carriers.length === 1);
  const [carrier] = carriers;
  if (carrier === undefined) {
    throw new Error('there is no session');
  }
  /** Goes on over a new connection: returns it, what was said first, and the session with the next nonce. */
  const goOn = async (session: Begun, claim: Partial<ResumeClaim>) => {
    const end = connect();
    const said = await end.resume(session, claim);
    const { nonce } = await end.resumed();
    return { end, said, session: { ...session, nonce } };
  };
  return { sessions, authorize, carrier, begun, connect, goOn };
}

/** The session has this connection, and no other: bytes come and go. */
async function isConnected(carrier: SessionCarrier, end: RawEnd): Promise<void> {
  expect(carrier.state$.value).toBe('connected');
  expect(end.isOver).toBe(false);
  const heard = listen(carrier.inbound$);
  end.say(...dataRecord([Buffer.from('hello')], 5));
  await until(() => heard.length > 0);
  expect(heard).toEqual([Buffer.from('hello')]);
}

describe('the nonce that a session goes on with', () => {
  it('is another one each time', async () => {
    const { sessions, begun, goOn } = await serve();
    const second = await goOn(begun, { generation: 1 });
    const third = await goOn(second.session, { generation: 2 });
    const all = [begun, second.session, third.session].map(({ nonce }) => nonce.toString('hex'));
    expect(new Set(all).size).toBe(3);
    sessions.destroy();
  });

  it.each([1, 2, 5])(
    'is the one before, however often the answer is lost with its connection: %s times',
    async (times) => {
      const { sessions, carrier, begun, connect, goOn } = await serve();
      const { session } = await goOn(begun, { generation: 1 });
      for (let i = 0; i < times; i += 1) {
        const lost = new FaultLink();
        const end = connect(lost);
        lost.far.hold(); // the answer stays where it is
        await end.resume(session, { generation: 2 + i });
        await until(() => lost.far.waiting > 0);
        lost.cut('rst');
        await until(() => carrier.state$.value === 'lost');
      }
      const { end } = await goOn(session, { generation: 2 + times });
      expect(carrier.resumptions).toBe(2 + times);
      await isConnected(carrier, end);
      sessions.destroy();
    },
  );

  it('is not the one of two resumptions ago', async () => {
    const { sessions, carrier, begun, connect, goOn } = await serve();
    const second = await goOn(begun, { generation: 1 });
    const third = await goOn(second.session, { generation: 2 });
    const old = connect();
    await old.resume(begun, { generation: 3 });
    expect(await old.hears(RecordType.refused)).toEqual(UNKNOWN);
    await isConnected(carrier, third.end);
    sessions.destroy();
  });

  it('is none that the server has not issued, whoever has the secret', async () => {
    const { sessions, carrier, begun, connect, goOn } = await serve();
    const { end } = await goOn(begun, { generation: 1 });
    const other = connect();
    await other.resume({ ...begun, nonce: Buffer.alloc(16, 'x') }, { generation: 2 });
    expect(await other.hears(RecordType.refused)).toEqual(UNKNOWN);
    await isConnected(carrier, end);
    sessions.destroy();
  });

  it('is not shown with the session, nor is the secret', async () => {
    const { sessions, carrier, begun } = await serve();
    expect(begun.secret).toHaveLength(16);
    const shown = inspect(carrier, { depth: 1 });
    for (const key of [begun.secret, begun.nonce]) {
      expect(shown).not.toContain(inspect(key));
    }
    sessions.destroy();
  });

  it('is of one session alone', async () => {
    const { sessions, carrier, begun, connect, goOn } = await serve();
    const { end } = await goOn(begun, { generation: 1 });
    const other = await connect().begin();
    const thief = connect();
    await thief.resume({ ...begun, nonce: other.nonce }, { generation: 2 });
    expect(await thief.hears(RecordType.refused)).toEqual(UNKNOWN);
    await isConnected(carrier, end);
    sessions.destroy();
  });
});

describe('a client whose RESUMED is lost with its connection', () => {
  it('comes back with the nonce before, and loses no byte', async () => {
    const session = new Resumed();
    const { near, far } = await session.muxes();
    echo(far);
    session.onLink = ({ far: server }, index) => {
      if (index <= 3) {
        server.hold(); // what it says stays where it is
      }
    };
    session.link.cut('rst');
    for (let index = 1; index <= 3; index += 1) {
      await until(() => (session.links[index]?.far.waiting ?? 0) > 0);
      session.links[index]?.cut('rst');
    }
    const { sent, came } = await echoed(near.open(), [Buffer.alloc(5000, 'x')]);
    expect(came).toBe(sent);
    expect(session.carrier.resumptions).toBe(1);
    expect((await session.served).resumptions).toBe(4);
    session.carrier.destroy();
    session.sessions.destroy();
  });
});

describe('a RESUME that was taken down on its way', () => {
  it('is refused after it has been answered, and after each later one', async () => {
    const { sessions, carrier, begun, connect, goOn } = await serve();
    const second = await goOn(begun, { generation: 1 });
    const again = connect();
    again.say(second.said);
    expect(await again.hears(RecordType.refused)).toEqual(UNKNOWN);
    await isConnected(carrier, second.end);
    const third = await goOn(second.session, { generation: 2, position: 0 });
    for (const { said } of [second, third]) {
      const later = connect();
      later.say(said);
      expect(await later.hears(RecordType.refused)).toEqual(UNKNOWN);
    }
    expect(carrier.resumptions).toBe(2);
    await isConnected(carrier, third.end);
    sessions.destroy();
  });

  it('is refused where it has been looked at, and its connection has gone meanwhile', async () => {
    const { sessions, carrier, begun, connect, goOn } = await serve();
    const verified = jest.spyOn(crypto.subtle, 'verify');
    const gone = new FaultLink();
    const end = connect(gone);
    gone.far.inbound$.subscribe(() => {
      gone.cut('fin');
    });
    const said = await end.resume(begun, { generation: 1 });
    await until(() => end.isOver && verified.mock.calls.length > 0);
    await Promise.all(verified.mock.results.map(({ value }) => value as Promise<unknown>));
    verified.mockRestore();
    const thief = connect();
    thief.say(said);
    expect(await thief.hears(RecordType.refused)).toEqual(UNKNOWN);
    const { end: second } = await goOn(begun, { generation: 2 });
    await isConnected(carrier, second);
    sessions.destroy();
  });

  it('and has never come before is good until the next one has come: its client takes the session back', async () => {
    const { sessions, carrier, begun, goOn } = await serve();
    const thief = await goOn(begun, { generation: 1 });
    expect(carrier.state$.value).toBe('connected');
    const { end } = await goOn(begun, { generation: 2 });
    await until(() => thief.end.isOver);
    await isConnected(carrier, end);
    sessions.destroy();
  });

  it('is refused, and nobody is asked, where its session has ended while it was looked at', async () => {
    const { sessions, authorize, carrier, begun, connect } = await serve();
    const end = connect();
    const verify = crypto.subtle.verify.bind(crypto.subtle);
    const verified = jest.spyOn(crypto.subtle, 'verify').mockImplementationOnce(async (...given) => {
      const isRight = await verify(...given);
      carrier.destroy();
      return isRight;
    });
    await end.resume(begun);
    expect(await end.hears(RecordType.refused)).toEqual(UNKNOWN);
    expect(authorize).not.toHaveBeenCalled();
    verified.mockRestore();
    sessions.destroy();
  });
});
