import { config, NEVER, VirtualTimeScheduler } from 'rxjs';
import { type Begun, decodeResume, encodeBegin, encodeResumed } from '../../src/resume/handshake.js';
import { BODY_SIZES, dataRecord, positionRecord, record, RecordType } from '../../src/resume/record.js';
import { ResumableSessions, type ResumableSessionsOptions, type SessionCarrier } from '../../src/resume.js';
import { listen } from '../support/listen.js';
import { CountingScheduler } from './counting-scheduler.js';
import { FaultLink } from './fault-link.js';
import { RawEnd } from './raw-end.js';
import { echo, echoed, Resumed, until } from './resumed.js';

const UNKNOWN = Buffer.from('01', 'hex');
const FULL = Buffer.from('02', 'hex');
const UNAUTHORIZED = Buffer.from('03', 'hex');
const VERSION = Buffer.from('04', 'hex');

/** What somebody has who knows nothing. */
const NO_KEYS = { secret: Buffer.alloc(16), nonce: Buffer.alloc(16) };

const protocolError = expect.objectContaining({ code: 'ERR_RXMUX_PROTOCOL' }) as unknown;
const sessionLost = expect.objectContaining({ code: 'ERR_RXMUX_SESSION_LOST', carrierDone: true }) as unknown;

/** A new connection to the server, whose client is the test. */
function connect(sessions: ResumableSessions): RawEnd {
  const link = new FaultLink();
  sessions.accept(link.far);
  return new RawEnd(link.near);
}

/** Sessions, what carriers there are, and what each has come to. */
function serve(options?: ResumableSessionsOptions) {
  const sessions = new ResumableSessions({ deadAfter: false, ...options });
  const carriers: SessionCarrier[] = [];
  const ends: unknown[][] = [];
  sessions.carriers$.subscribe((carrier) => {
    carriers.push(carrier);
    ends.push(listen(carrier.inbound$));
  });
  return { sessions, carriers, ends };
}

/** Another session is refused, since there are as many as may be. */
async function refusesOneMore(sessions: ResumableSessions): Promise<void> {
  const client = connect(sessions);
  client.say(Buffer.from('020000000901' + '0000000000001000', 'hex'));
  expect(await client.hears(RecordType.refused)).toEqual(FULL);
}

/** A session that somebody uses, and what has become of it when a test is over. */
async function victim(options?: ResumableSessionsOptions) {
  const session = new Resumed(() => ({}), { ...options });
  const { near, far } = await session.muxes();
  echo(far);
  const states = listen(session.carrier.state$);
  const served = await session.served;
  const { id } = served as unknown as { readonly id: Buffer };
  return {
    session,
    id,
    /** All is as if nobody had tried anything. */
    isWell: async () => {
      const { sent, came } = await echoed(near.open(), [Buffer.alloc(5000, 'x')]);
      expect(came).toBe(sent);
      expect(states).toEqual(['connected']);
      expect(session.links).toHaveLength(1);
      session.sessions.destroy();
      session.carrier.destroy();
    },
  };
}

describe('somebody without the secret', () => {
  it('is refused with a wrong proof in the same words as for a session that there is not', async () => {
    const { session, id, isWell } = await victim();
    const [wrong, unknown] = [connect(session.sessions), connect(session.sessions)];
    await wrong.resume({ id, ...NO_KEYS });
    await unknown.resume({ id: Buffer.alloc(16), ...NO_KEYS });
    expect(await wrong.hears(RecordType.refused)).toEqual(UNKNOWN);
    expect(await unknown.hears(RecordType.refused)).toEqual(UNKNOWN);
    expect(wrong.heard.map(({ type }) => type)).toEqual(unknown.heard.map(({ type }) => type));
    await isWell();
  });

  it('is refused after the same work, whatever it does not know', async () => {
    const { sessions } = serve();
    const owner = connect(sessions);
    const { id, nonce } = await owner.begin();
    const work = async (claim: Pick<Begun, 'id' | 'secret' | 'nonce'>): Promise<number[]> => {
      const spies = [
        jest.spyOn(crypto, 'getRandomValues'),
        jest.spyOn(crypto.subtle, 'importKey'),
        jest.spyOn(crypto.subtle, 'verify'),
        jest.spyOn(crypto.subtle, 'sign'),
      ];
      const thief = connect(sessions);
      await thief.resume(claim, {}, Buffer.alloc(32));
      expect(await thief.hears(RecordType.refused)).toEqual(UNKNOWN);
      const calls = spies.map(({ mock }) => mock.calls.length);
      jest.restoreAllMocks();
      return calls;
    };
    const once = [1, 1, 1, 0];
    expect(await work({ id: Buffer.alloc(16), ...NO_KEYS })).toEqual(once); // no session
    expect(await work({ id, ...NO_KEYS })).toEqual(once); // no nonce of it
    expect(await work({ id, ...NO_KEYS, nonce })).toEqual(once); // no proof
    expect(owner.isOver).toBe(false);
    sessions.destroy();
  });

  it('is refused with a proof that was overheard', async () => {
    const { session, id } = await victim();
    const overheard: Buffer[] = [];
    session.onLink = ({ near }) => {
      const write = near.write.bind(near);
      near.write = (chunks) => {
        overheard.push(Buffer.concat(chunks));
        write(chunks);
      };
    };
    session.link.cut('rst');
    await until(() => session.carrier.resumptions === 1);
    const [said = Buffer.alloc(0)] = overheard.filter((bytes) => bytes[0] === RecordType.resume);
    expect(decodeResume(said.subarray(5)).claim.id).toEqual(id);
    // As it was, and as the next one: of a higher generation.
    const next = Buffer.from(said);
    next.writeUInt32BE(7, 5 + 1 + 16);
    for (const bytes of [said, next]) {
      const thief = connect(session.sessions);
      thief.say(bytes);
      expect(await thief.hears(RecordType.refused)).toEqual(UNKNOWN);
    }
    expect(session.carrier.state$.value).toBe('connected');
    expect(session.links).toHaveLength(2);
    session.sessions.destroy();
    session.carrier.destroy();
  });

  it('is not taken for the server, not even with what the client has just proved', async () => {
    let fakes = 0;
    const session = new Resumed();
    const { near, far } = await session.muxes();
    echo(far);
    const attempts = listen(session.carrier.attempts$);
    // The next two connections end at somebody who sends back the client's own proof, or any other.
    session.connectInstead = () => {
      fakes += 1;
      if (fakes > 2) {
        return undefined;
      }
      const link = new FaultLink();
      const fake = new RawEnd(link.far);
      void fake.hears(RecordType.resume).then((body) => {
        const { proof } = decodeResume(body);
        fake.say(
          encodeResumed({ position: 0, nonce: Buffer.alloc(16) }, fakes === 1 ? proof : Buffer.alloc(32)),
          ...dataRecord([Buffer.from('false')], 5),
        );
      });
      return link.near;
    };
    session.link.cut('rst');
    const { sent, came } = await echoed(near.open(), [Buffer.from('hello')]);
    expect(came).toBe(sent);
    expect(attempts.slice(1)).toEqual([
      { attempt: 2, error: protocolError },
      { attempt: 3, error: protocolError },
    ]);
    session.carrier.destroy();
    session.sessions.destroy();
  });

  it('learns nothing from a flood of wrong proofs, and costs no session', async () => {
    const { session, id, isWell } = await victim();
    const thieves = Array.from({ length: 500 }, () => connect(session.sessions));
    await Promise.all(
      thieves.map(async (thief, i) => {
        await thief.resume({ id, ...NO_KEYS }, { generation: 1 + i }, Buffer.alloc(32, i));
        expect(await thief.hears(RecordType.refused)).toEqual(UNKNOWN);
        await until(() => thief.isOver);
      }),
    );
    expect(session.sessions.size).toBe(1);
    await isWell();
  });
});

describe('a client that lies', () => {
  /** A session of its own, beside that of somebody else. */
  async function liar() {
    const { sessions, carriers, ends } = serve();
    const honest = connect(sessions);
    await honest.begin();
    honest.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => carriers.length === 1);
    const client = connect(sessions);
    const begun = await client.begin();
    client.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => carriers.length === 2);
    carriers[1]?.write([Buffer.alloc(100)]);
    return { sessions, carriers, ends, client, begun };
  }

  it.each([
    ['about what it has', [positionRecord(RecordType.acknowledgement, 101)]],
    [
      'that it has less than it has said',
      [positionRecord(RecordType.acknowledgement, 50), positionRecord(RecordType.acknowledgement, 49)],
    ],
    ['with a position that no stream has', [positionRecord(RecordType.acknowledgement, 2 ** 53)]],
    ['about its end', [positionRecord(RecordType.fin, 1)]],
    ['that all is over', [record(RecordType.bye)]],
    ['by beginning again', [record(RecordType.begin, 9)]],
    ['about the length of a record', [Buffer.from('11ffffffff', 'hex')]],
    ['with something else', [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
  ])('%s loses its own session, and nobody else', async (_about, lies) => {
    const { sessions, ends, client } = await liar();
    client.say(...lies);
    await client.hears(RecordType.reset);
    expect(ends).toEqual([[], [protocolError]]);
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });

  it.each([
    ['ahead of what was sent', 101],
    ['behind what it has acknowledged', 49],
  ])('about its position when it resumes, %s, loses its own session', async (_where, position) => {
    const { sessions, ends, client, begun } = await liar();
    client.say(positionRecord(RecordType.acknowledgement, 50));
    await client.hears(RecordType.data);
    const next = connect(sessions);
    await next.resume(begun, { position });
    await next.hears(RecordType.reset);
    expect(ends).toEqual([[], [protocolError]]);
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });

  it.each([
    ['bytes', 200_000],
    ['the end', 200_001],
  ])(
    'that it has %s which have not left on its connection yet loses its own session',
    async (_what, position) => {
      const { sessions, carriers, ends, client, begun } = await liar();
      client.end();
      await until(() => carriers[1]?.state$.value === 'lost');
      carriers[1]?.write([Buffer.alloc(99_900), Buffer.alloc(100_000)]);
      carriers[1]?.end();
      const link = new FaultLink({ piece: () => 1000 });
      sessions.accept(link.far);
      const next = new RawEnd(link.near);
      await next.resume(begun);
      await next.hears(RecordType.resumed);
      expect(link.far.capacity$.value).toBe(0);
      next.say(positionRecord(RecordType.acknowledgement, position));
      await next.hears(RecordType.reset);
      expect(ends).toEqual([[], [protocolError]]);
      expect(sessions.size).toBe(1);
      sessions.destroy();
    },
  );

  it('sends bytes after its end loses its session, whose end has been heard', async () => {
    const { sessions, ends, client } = await liar();
    client.say(positionRecord(RecordType.fin, 0), ...dataRecord([Buffer.of(1)], 1));
    await client.hears(RecordType.reset);
    expect(ends).toEqual([[], ['complete']]);
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });

  it('and says something else first is hung up on, before more is read', async () => {
    const { sessions } = serve();
    for (const words of [
      Buffer.from('GET / HTTP/1.1'),
      record(RecordType.ping),
      Buffer.from('10ffffffff00', 'hex'),
      Buffer.from('040000005c', 'hex'), // a RESUME that is too short
      Buffer.from('040000005e', 'hex'), // and one that is too long
      Buffer.concat([Buffer.from('040000005d01', 'hex'), Buffer.alloc(92, 255)]), // and one with an impossible position
      Buffer.concat([record(RecordType.resume, 93).fill(1, 5), Buffer.of(1)]), // and one that does not wait for its answer
    ]) {
      const client = connect(sessions);
      client.say(words);
      await until(() => client.isOver);
      expect(client.heard.map(({ type }) => type)).toEqual([]);
    }
    expect(sessions.size).toBe(0);
  });

  it.each([
    ['begins', RecordType.begin],
    ['resumes', RecordType.resume],
  ])('and speaks another version when it %s is told so, whatever else it says', async (_what, type) => {
    const { sessions } = serve();
    const client = connect(sessions);
    const said = record(type, BODY_SIZES.get(type)).fill(255, 5);
    client.say(said);
    expect(await client.hears(RecordType.refused)).toEqual(VERSION);
    await until(() => client.isOver);
    expect(sessions.size).toBe(0);
  });

  it('sends bytes for which nobody makes a mux, beyond the buffer, loses its session', async () => {
    const sessions = new ResumableSessions({ bufferSize: 1000, deadAfter: false });
    const carriers: SessionCarrier[] = [];
    sessions.carriers$.subscribe((carrier) => carriers.push(carrier));
    const client = connect(sessions);
    await client.begin();
    client.say(...dataRecord([Buffer.alloc(1000)], 1000));
    await until(() => carriers.length === 1);
    expect(sessions.size).toBe(1);
    client.say(...dataRecord([Buffer.alloc(1)], 1));
    await client.hears(RecordType.reset);
    expect(sessions.size).toBe(0);
    const [carrier] = carriers;
    const heard = listen(carrier?.inbound$ ?? NEVER);
    await until(() => heard.length >= 2);
    expect(heard.at(-1)).toEqual(
      new Error('more than 1000 bytes have come, and nobody has made a mux for them'),
    );
  });
});

describe('floods', () => {
  it('of sessions that are left behind keep no more than maxSessions, and end nobody who is connected', async () => {
    const { session, isWell } = await victim({ maxSessions: 50 });
    const { sessions } = session;
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const client = connect(sessions);
          await client.begin().catch(() => undefined); // where others have come, it is hung up on
          client.end();
        }),
      );
      expect(sessions.size).toBeLessThanOrEqual(50);
    }
    await isWell();
  });

  it('of sessions that stay are refused', async () => {
    const { sessions } = serve({ maxSessions: 3 });
    for (let i = 0; i < 3; i += 1) {
      await connect(sessions).begin();
    }
    await refusesOneMore(sessions);
    expect(sessions.size).toBe(3);
    sessions.destroy();
  });

  it('of sessions are refused, also where one before was given up by whoever heard that it was lost', async () => {
    const { sessions, carriers } = serve({ maxSessions: 1 });
    const gone = connect(sessions);
    await gone.begin();
    gone.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => carriers.length === 1);
    carriers[0]?.state$.subscribe((state) => {
      if (state === 'lost') {
        carriers[0]?.destroy();
      }
    });
    gone.end();
    await until(() => sessions.size === 0);
    await connect(sessions).begin();
    await refusesOneMore(sessions);
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });

  it('of connections that say nothing are kept no more of than maxSessions: the oldest goes', async () => {
    const { sessions } = serve({ maxSessions: 3 });
    const clients = Array.from({ length: 5 }, () => connect(sessions));
    await until(() => clients.filter(({ isOver }) => isOver).length === 2);
    expect(clients.map(({ isOver }) => isOver)).toEqual([true, true, false, false, false]);
    sessions.destroy();
    await until(() => clients.every(({ isOver }) => isOver));
  });

  it('of bytes for those who are away keep no more than maxBufferedBytes: the oldest session goes', async () => {
    const { sessions, carriers, ends } = serve({ maxBufferedBytes: 250 });
    for (let i = 0; i < 4; i += 1) {
      const client = connect(sessions);
      await client.begin();
      client.say(positionRecord(RecordType.acknowledgement, 0));
      await until(() => carriers.length === i + 1);
      carriers[i]?.write([Buffer.alloc(100)]);
      await client.hears(RecordType.data);
      client.end();
      await until(() => carriers[i]?.state$.value !== 'connected');
    }
    expect(ends).toEqual([[sessionLost], [sessionLost], [], []]);
    expect(sessions.size).toBe(2);
    sessions.destroy();
  });

  it('of bytes for a single one who is away end its session, too', async () => {
    const { sessions, carriers, ends } = serve({ maxBufferedBytes: 99 });
    const client = connect(sessions);
    await client.begin();
    client.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => carriers.length === 1);
    carriers[0]?.write([Buffer.alloc(100)]);
    await client.hears(RecordType.data);
    client.end();
    await until(() => ends[0]?.length === 1);
    expect(ends).toEqual([[sessionLost]]);
    expect(sessions.size).toBe(0);
  });

  describe('that are kept for one who moves to the next connection before the old one counts as dead', () => {
    /** A session for which more is kept than there may be for those who are away. */
    async function moving(options?: ResumableSessionsOptions) {
      const served = serve({ maxBufferedBytes: 99, ...options });
      const client = connect(served.sessions);
      const begun = await client.begin();
      client.say(positionRecord(RecordType.acknowledgement, 0));
      await until(() => served.carriers.length === 1);
      served.carriers[0]?.write([Buffer.alloc(100)]);
      await client.hears(RecordType.data);
      return { ...served, client, begun, next: connect(served.sessions) };
    }

    /** Calls for proofs of the server's wait for the test. */
    function proofsWait() {
      const proofs: ((proof: ArrayBuffer) => void)[] = [];
      const sign = jest.spyOn(crypto.subtle, 'sign').mockImplementation(
        () =>
          new Promise((resolve) => {
            proofs.push(resolve);
          }),
      );
      return { proofs, sign };
    }

    it('end nothing: it goes on', async () => {
      const { sessions, carriers, ends, client, begun, next } = await moving();
      await next.resume(begun, { position: 100 });
      expect(await next.resumed()).toMatchObject({ position: 0 });
      expect(client.isOver).toBe(true);
      expect(ends).toEqual([[]]);
      expect(carriers[0]?.resumptions).toBe(1);
      sessions.destroy();
    });

    it('end its session where that one breaks before it is answered', async () => {
      const { sessions, carriers, ends, begun, next } = await moving();
      await next.resume(begun);
      const { proofs, sign } = proofsWait();
      await until(() => proofs.length === 1);
      sign.mockRestore();
      expect(carriers[0]?.state$.value).toBe('lost');
      expect(ends).toEqual([[]]);
      next.end();
      proofs[0]?.(new ArrayBuffer(32));
      await until(() => sessions.size === 0);
      expect(ends).toEqual([[sessionLost]]);
    });

    it('count once where the old one is gone, and the next one breaks before it is answered', async () => {
      const { sessions, carriers, ends, client, begun, next } = await moving({ maxBufferedBytes: 199 });
      client.end();
      expect(carriers[0]?.state$.value).toBe('lost');
      await next.resume(begun);
      const { proofs, sign } = proofsWait();
      await until(() => proofs.length === 1);
      sign.mockRestore();
      next.end();
      proofs[0]?.(new ArrayBuffer(32));
      const third = connect(sessions);
      await third.resume(begun, { generation: 2 });
      await third.resumed();
      expect(ends).toEqual([[]]);
      sessions.destroy();
    });

    it('end with it, and no other session takes its place, where it is given up meanwhile', async () => {
      const { sessions, carriers, begun, next } = await moving({ maxSessions: 1 });
      await next.resume(begun);
      const { proofs, sign } = proofsWait();
      await until(() => proofs.length === 1);
      sign.mockRestore();
      carriers[0]?.destroy();
      proofs[0]?.(new ArrayBuffer(32));
      await until(() => next.isOver);
      await connect(sessions).begin();
      await refusesOneMore(sessions);
      sessions.destroy();
    });

    describe('and meanwhile to a third one', () => {
      /** The first claim is about to be answered, and the second one waits for being authorized. */
      async function contested() {
        const answers: ((isAuthorized: boolean) => void)[] = [];
        const served = await moving({
          authorize: () =>
            new Promise((resolve) => {
              answers.push(resolve);
            }),
        });
        const { sessions, begun, next } = served;
        const third = connect(sessions);
        await next.resume(begun, { generation: 1 });
        await until(() => answers.length === 1);
        const { proofs, sign } = proofsWait();
        answers[0]?.(true);
        await until(() => proofs.length === 1);
        sign.mockRestore();
        expect(served.ends).toEqual([[]]);
        await third.resume(begun, { generation: 2 });
        await until(() => answers.length === 2);
        return {
          ...served,
          third,
          answerThird: (isAuthorized: boolean) => answers[1]?.(isAuthorized),
          answerNext: async () => {
            proofs[0]?.(new ArrayBuffer(32));
            await until(() => next.isOver);
          },
        };
      }

      it('end nothing where that one is authorized: it goes on there', async () => {
        const { sessions, ends, third, answerThird, answerNext } = await contested();
        const { proofs, sign } = proofsWait();
        answerThird(true);
        await until(() => proofs.length === 1);
        await answerNext();
        expect(ends).toEqual([[]]);
        proofs[0]?.(new ArrayBuffer(32));
        sign.mockRestore();
        await third.resumed();
        expect(ends).toEqual([[]]);
        sessions.destroy();
      });

      it('end its session where that one is not authorized', async () => {
        const { sessions, ends, third, answerThird, answerNext } = await contested();
        await answerNext();
        expect(ends).toEqual([[sessionLost]]);
        answerThird(false);
        expect(await third.hears(RecordType.refused)).toEqual(UNAUTHORIZED);
        expect(sessions.size).toBe(0);
      });
    });
  });
});

describe('authorize', () => {
  /** A session that comes back on another connection. */
  async function comeBack(authorize: NonNullable<ResumableSessionsOptions['authorize']>) {
    const served = serve({ authorize });
    const first = connect(served.sessions);
    const begun = await first.begin();
    first.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => served.carriers.length === 1);
    const link = new FaultLink();
    served.sessions.accept(link.far);
    const second = new RawEnd(link.near);
    await second.resume(begun);
    return { ...served, first, second, link };
  }

  it('is asked with the connection as it was given, and the session, which has the one before', async () => {
    const asked: unknown[] = [];
    const { carriers, second, link, sessions } = await comeBack((connection, session) => {
      asked.push(connection, session, session.connection === connection);
      return true;
    });
    await second.hears(RecordType.resumed);
    expect(asked).toEqual([link.far, carriers[0], false]);
    expect(carriers[0]?.connection).toBe(link.far);
    expect(carriers[0]?.resumptions).toBe(1);
    sessions.destroy();
  });

  it.each([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
  ])(
    'that returns %s refuses, and leaves the session to the connection that it has',
    async (_what, authorize) => {
      const { carriers, second, first, sessions } = await comeBack(authorize);
      expect(await second.hears(RecordType.refused)).toEqual(UNAUTHORIZED);
      expect(carriers[0]?.state$.value).toBe('connected');
      expect(first.isOver).toBe(false);
      sessions.destroy();
    },
  );

  it('that throws refuses, and what it has thrown is reported', async () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const { second, sessions } = await comeBack(() => {
      throw new Error('no database');
    });
    expect(await second.hears(RecordType.refused)).toEqual(UNAUTHORIZED);
    await until(() => reported.length > 0);
    config.onUnhandledError = null;
    expect(reported).toEqual([new Error('no database')]);
    sessions.destroy();
  });
});

describe('two claims to the same session', () => {
  /** A session with a connection, a claim to it, and a server that waits for the test to authorize each. */
  async function contested() {
    const allow: (() => void)[] = [];
    const served = serve({
      authorize: () =>
        new Promise((resolve) => {
          allow.push(() => {
            resolve(true);
          });
        }),
    });
    const first = connect(served.sessions);
    const begun = await first.begin();
    first.say(positionRecord(RecordType.acknowledgement, 0));
    const [older, newer] = [connect(served.sessions), connect(served.sessions)];
    await older.resume(begun, { generation: 1 });
    await until(() => allow.length === 1);
    return {
      ...served,
      older,
      newer,
      allowOlder: () => allow[0]?.(),
      /** The other claim, which is proved. */
      claimAgain: async () => {
        await newer.resume(begun, { generation: 2 });
        await until(() => allow.length === 2);
      },
      allowNewer: () => allow[1]?.(),
    };
  }

  it('are settled by their numbers: the older one is refused when it is authorized later', async () => {
    const { sessions, carriers, older, newer, allowOlder, claimAgain, allowNewer } = await contested();
    await claimAgain();
    allowNewer();
    await newer.hears(RecordType.resumed);
    allowOlder();
    expect(await older.hears(RecordType.refused)).toEqual(UNKNOWN);
    expect(newer.isOver).toBe(false);
    expect(carriers[0]?.resumptions).toBe(1);
    sessions.destroy();
  });

  it('are settled by their numbers, also where the older one is about to be answered', async () => {
    const { sessions, carriers, older, newer, allowOlder, claimAgain, allowNewer } = await contested();
    let proveOlder: (proof: ArrayBuffer) => void = () => undefined;
    const signing = new Promise<ArrayBuffer>((resolve) => {
      proveOlder = resolve;
    });
    const sign = jest.spyOn(crypto.subtle, 'sign').mockReturnValueOnce(signing);
    allowOlder();
    await until(() => sign.mock.calls.length > 0);
    sign.mockRestore();
    await claimAgain();
    proveOlder(new ArrayBuffer(32));
    await until(() => older.isOver);
    expect(older.heard).toEqual([]);
    allowNewer();
    await newer.hears(RecordType.resumed);
    expect(newer.isOver).toBe(false);
    expect(carriers[0]?.resumptions).toBe(1);
    sessions.destroy();
  });
});

describe('connections that break in a handshake', () => {
  /** A session with a connection; and another connection, which breaks when the server writes the record of that type. */
  async function breaks(type: number, options?: ResumableSessionsOptions) {
    const scheduler = new CountingScheduler();
    const served = serve({ scheduler, timeout: 30, ...options });
    const link = new FaultLink();
    const write = link.far.write.bind(link.far);
    link.far.write = (chunks) => {
      if (chunks[0]?.[0] === type) {
        throw new Error('broken');
      }
      write(chunks);
    };
    const ended = jest.spyOn(link.far, 'end');
    return { ...served, scheduler, link, ended, connection: new RawEnd(link.near) };
  }

  it('leave a new session that nobody has heard of for its timeout, and tell nobody of it', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { sessions, carriers, link, connection } = await breaks(RecordType.begun, { scheduler });
    sessions.accept(link.far);
    await expect(connection.begin()).rejects.toThrow('it has ended before');
    expect(sessions.size).toBe(1);
    scheduler.flush();
    expect(scheduler.now()).toBe(30);
    expect(sessions.size).toBe(0);
    expect(carriers).toEqual([]);
  });

  it('leave a new session to its client, which may have heard of it', async () => {
    const { sessions, carriers } = serve();
    const link = new FaultLink();
    link.far.write = (chunks) => {
      link.near.inbound$.next(Buffer.concat(chunks));
      link.cut('rst');
    };
    sessions.accept(link.far);
    const begun = await new RawEnd(link.near).begin();
    const next = connect(sessions);
    await next.resume(begun);
    expect(await next.resumed()).toMatchObject({ position: 0 });
    expect(carriers.map(({ state$ }) => state$.value)).toEqual(['connected']);
    sessions.destroy();
  });

  it('leave a new session that nobody has heard of to others, where there is room for one', async () => {
    const { sessions, link, connection } = await breaks(RecordType.begun, {
      timeout: 60_000,
      maxSessions: 1,
    });
    sessions.accept(link.far);
    await expect(connection.begin()).rejects.toThrow('it has ended before');
    await connect(sessions).begin();
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });

  it('leave nothing behind where all is destroyed meanwhile', () => {
    const scheduler = new CountingScheduler();
    const { sessions } = serve({ scheduler });
    const link = new FaultLink();
    link.far.write = () => {
      sessions.destroy();
    };
    sessions.accept(link.far);
    link.far.inbound$.next(encodeBegin(1000));
    expect(sessions.size).toBe(0);
    expect(scheduler.running).toBe(0);
    expect(link.far.isListenedTo).toBe(false);
  });

  it('leave the session without a connection, for its timeout', async () => {
    const { sessions, carriers, ends, scheduler, link, connection } = await breaks(RecordType.resumed);
    const first = connect(sessions);
    const begun = await first.begin();
    first.say(positionRecord(RecordType.acknowledgement, 0));
    await until(() => carriers.length === 1);
    sessions.accept(link.far);
    await connection.resume(begun);
    await until(() => connection.isOver);
    expect(carriers[0]?.state$.value).toBe('lost');
    expect(carriers[0]?.resumptions).toBe(0);
    await until(() => sessions.size === 0);
    expect(ends).toEqual([[sessionLost]]);
    expect(scheduler.running).toBe(0);
  });

  it('are not ended in good order any more where they break with a refusal', async () => {
    const { sessions, scheduler, link, connection, ended } = await breaks(RecordType.refused);
    sessions.accept(link.far);
    await connection.resume({ id: Buffer.alloc(16), ...NO_KEYS });
    await until(() => connection.isOver);
    expect(ended).not.toHaveBeenCalled();
    expect(scheduler.running).toBe(0);
  });

  it('cost nothing where they are over before they begin', () => {
    const scheduler = new CountingScheduler();
    const { sessions } = serve({ scheduler });
    const link = new FaultLink();
    link.cut('rst');
    const write = jest.spyOn(link.far, 'write');
    sessions.accept(link.far);
    expect(write).not.toHaveBeenCalled();
    expect(scheduler.running).toBe(0);
    expect(link.far.isListenedTo).toBe(false);
  });

  it.each([
    [
      'looked at',
      (link: FaultLink) =>
        link.far.inbound$.subscribe(() => {
          link.cut('fin');
        }),
      () => true,
    ],
    [
      'authorized',
      () => undefined,
      (link: FaultLink) => {
        link.cut('rst');
        return true;
      },
    ],
  ])(
    'leave the session to the connection that it has, while the claim is %s',
    async (_what, onStart, authorize) => {
      let [isAuthorized, isAsked] = [false, false];
      const link = new FaultLink();
      const { sessions, carriers } = serve({
        authorize: () => {
          isAsked = true;
          isAuthorized = authorize(link);
          return isAuthorized;
        },
      });
      const first = connect(sessions);
      const begun = await first.begin();
      first.say(positionRecord(RecordType.acknowledgement, 0));
      const verified = jest.spyOn(crypto.subtle, 'verify');
      sessions.accept(link.far);
      onStart(link);
      const second = new RawEnd(link.near);
      await second.resume(begun);
      await until(() => second.isOver && verified.mock.calls.length > 0);
      await Promise.all(verified.mock.results.map(({ value }) => value as Promise<unknown>));
      verified.mockRestore();
      await until(() => isAsked || authorize.length === 0);
      await new Promise((resolve) => setImmediate(resolve));
      expect(carriers[0]?.state$.value).toBe('connected');
      expect(carriers[0]?.resumptions).toBe(0);
      expect(first.isOver).toBe(false);
      sessions.destroy();
    },
  );

  it('are hung up on where Web Crypto fails', async () => {
    const { sessions, carriers } = serve();
    const first = connect(sessions);
    const begun = await first.begin();
    first.say(positionRecord(RecordType.acknowledgement, 0));
    const second = connect(sessions);
    const imported = jest.spyOn(crypto.subtle, 'verify').mockRejectedValueOnce(new Error('no keys today'));
    await second.resume(begun);
    await until(() => second.isOver);
    imported.mockRestore();
    expect(second.heard.map(({ type }) => type)).toEqual([]);
    expect(carriers[0]?.state$.value).toBe('connected');
    sessions.destroy();
  });
});

describe('sessions that have been destroyed', () => {
  it('take no connection any more, and end those that have not said what they want', async () => {
    const { sessions } = serve();
    const silent = connect(sessions);
    sessions.destroy();
    const late = connect(sessions);
    await until(() => silent.isOver && late.isOver);
    expect(late.heard).toEqual([]);
    expect(sessions.size).toBe(0);
  });

  it('say nothing to a connection that goes while its proof is looked at', async () => {
    const { sessions } = serve();
    const first = connect(sessions);
    const begun = await first.begin();
    const gone = connect(sessions);
    await gone.resume(begun);
    gone.end();
    await until(() => gone.isOver);
    expect(gone.heard.map(({ type }) => type)).toEqual([]);
    expect(sessions.size).toBe(1);
    sessions.destroy();
  });
});
