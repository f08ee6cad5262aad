import { VirtualTimeScheduler } from 'rxjs';
import { ResumableCarrier, type ResumableCarrierOptions } from '../../src/resume.js';
import {
  decodeResume,
  encodeBegun,
  encodeRefused,
  encodeResumed,
  type ResumeAnswer,
  serverStatement,
} from '../../src/resume/handshake.js';
import { prove } from '../../src/resume/proof.js';
import { dataRecord, positionRecord, record, RecordType } from '../../src/resume/record.js';
import { listen } from '../support/listen.js';
import { FaultLink } from './fault-link.js';
import { RawEnd } from './raw-end.js';
import { until } from './resumed.js';

const SESSION = {
  id: Buffer.alloc(16, 'i'),
  secret: Buffer.alloc(16, 'k'),
  bufferSize: 1000,
  nonce: Buffer.alloc(16, 's'),
};
const NEXT = Buffer.alloc(16, 't');

const withMessage = (message: string): unknown => expect.objectContaining({ message }) as unknown;

function there<T>(one: T | undefined): T {
  if (one === undefined) {
    throw new Error('it is not there');
  }
  return one;
}

/** A client whose servers are the test, one for each connection. */
function client(
  options: ResumableCarrierOptions = {},
  onLink: (link: FaultLink, index: number) => void = () => undefined,
) {
  const servers: RawEnd[] = [];
  const links: FaultLink[] = [];
  const carrier = new ResumableCarrier(
    () => {
      const link = new FaultLink();
      onLink(link, links.length);
      links.push(link);
      servers.push(new RawEnd(link.far));
      return link.near;
    },
    { retry: { delay: () => 0 }, ...options },
  );
  return {
    carrier,
    links,
    attempts: listen(carrier.attempts$),
    heard: listen(carrier.inbound$),
    /** The server of a connection, when it is made. */
    server: async (index: number): Promise<RawEnd> => {
      await until(() => servers.length > index);
      return there(servers[index]);
    },
  };
}

/** Waits until Web Crypto has done what it was asked for, and those who wait for it have gone on. */
async function isDone(spy: jest.SpyInstance): Promise<void> {
  await until(() => spy.mock.results.length > 0);
  await Promise.all(spy.mock.results.map(({ value }) => value as Promise<unknown>));
  await new Promise((resolve) => setImmediate(resolve));
}

/** The server begins a session, and the client has heard of it. */
async function begins(server: RawEnd): Promise<void> {
  server.say(encodeBegun(SESSION));
  await server.hears(RecordType.acknowledgement);
}

/** A client that has a session, and whose next connection is to resume it. */
async function resuming() {
  const made = client();
  const first = await made.server(0);
  await begins(first);
  made.links[0]?.cut('rst');
  const server = await made.server(1);
  const { claim } = decodeResume(await server.hears(RecordType.resume));
  return { ...made, server, serverOf: made.server, claim };
}

/** The same with another bit at its end. */
function flipped(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  other.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return other;
}

/** A client whose second connection has no room, when its proof is there. */
async function secondWithoutRoom() {
  const { carrier, server, links } = client({}, ({ near }, index) => {
    near.capacity$.next(index === 1 ? 0 : 1000);
  });
  const first = await server(0);
  await begins(first);
  const signed = jest.spyOn(crypto.subtle, 'sign');
  links[0]?.cut('rst');
  await server(1);
  const { near } = there(links[1]);
  const write = jest.spyOn(near, 'write');
  await isDone(signed);
  return { carrier, server, near, write };
}

describe('a client', () => {
  it.each<[string, Buffer[], string]>([
    [
      'answers what nobody has asked for',
      [encodeResumed({ position: 0, nonce: NEXT }, Buffer.alloc(32))],
      'an answer that nobody has asked for',
    ],
    ['sends bytes without an agreement', [record(RecordType.ping)], 'a record of type 19 in a handshake'],
    ['is full', [encodeRefused(2)], 'the server has no room for more sessions'],
    ['does not want the connection', [encodeRefused(3)], 'the server does not authorize the connection'],
    ['does not speak the version', [encodeRefused(4)], 'the server does not speak this version'],
    ['does not know what there is not', [encodeRefused(1)], 'the server does not know the session'],
    ['refuses for a reason of a later version', [encodeRefused(99)], 'the server refuses: 99'],
  ])('tries again where the server %s', async (_what, records, message) => {
    const { carrier, server, attempts } = client();
    (await server(0)).say(...records);
    const next = await server(1);
    expect(attempts).toEqual([{ attempt: 2, error: withMessage(message) }]);
    await begins(next);
    expect(carrier.state$.value).toBe('connected');
    carrier.destroy();
  });

  it('tries again where it is given a new session in place of its own', async () => {
    const { carrier, server, attempts } = await resuming();
    server.say(encodeBegun(SESSION));
    await until(() => attempts.length === 2);
    expect(attempts[1]).toEqual({
      attempt: 2,
      error: withMessage('a session that nobody has asked for'),
    });
    carrier.destroy();
  });

  it('hears what comes behind the proof when it has looked at it', async () => {
    const { carrier, server, claim, heard } = await resuming();
    const answer = { position: 0, nonce: NEXT };
    const proof = await prove(SESSION.secret, serverStatement(claim, answer));
    server.say(Buffer.concat([encodeResumed(answer, proof), ...dataRecord([Buffer.from('right')], 5)]));
    await until(() => heard.length > 0);
    expect(String(heard[0])).toBe('right');
    carrier.destroy();
  });

  it('does not keep more behind a proof than a server may send', async () => {
    const { carrier, server, attempts, heard } = await resuming();
    const much = Buffer.alloc(70_000);
    server.say(
      Buffer.concat([
        encodeResumed({ position: 0, nonce: NEXT }, Buffer.alloc(32)),
        ...dataRecord([much], much.length),
      ]),
    );
    await until(() => attempts.length === 2);
    expect(attempts[1]).toEqual({
      attempt: 2,
      error: withMessage('the far end does not wait for an answer'),
    });
    expect(heard).toEqual([]);
    carrier.destroy();
  });

  it('says RESUME first on its next connection, unasked, with the nonce that came with the session', async () => {
    const { carrier, server, claim } = await resuming();
    expect(server.heard.map(({ type }) => type)).toEqual([RecordType.resume]);
    expect(claim).toEqual({
      serverNonce: SESSION.nonce,
      id: SESSION.id,
      generation: 1,
      clientNonce: claim.clientNonce,
      position: 0,
    });
    carrier.destroy();
  });

  it('takes the next nonce, and another one of its own, when the server has proved to be itself', async () => {
    const { carrier, server, serverOf, claim, links } = await resuming();
    const answer = { position: 0, nonce: NEXT };
    server.say(
      encodeResumed(answer, await prove(SESSION.secret, serverStatement(claim, answer))),
      record(RecordType.ping),
    );
    await server.hears(RecordType.pong);
    there(links[1]).cut('rst');
    const { claim: second } = decodeResume(await (await serverOf(2)).hears(RecordType.resume));
    expect(second).toMatchObject({ serverNonce: NEXT, generation: 2 });
    expect(second.clientNonce).not.toEqual(claim.clientNonce);
    carrier.destroy();
  });

  it.each<[string, (answer: ResumeAnswer, proof: Buffer) => Buffer]>([
    ['whose proof is wrong', (answer, proof) => encodeResumed(answer, flipped(proof))],
    [
      'whose nonce was changed on its way',
      ({ position, nonce }, proof) => encodeResumed({ position, nonce: flipped(nonce) }, proof),
    ],
    [
      'whose position was changed on its way',
      ({ position, nonce }, proof) => encodeResumed({ position: position + 1, nonce }, proof),
    ],
  ])('does not take a RESUMED %s, and comes back with the nonce before', async (_what, tamper) => {
    const { carrier, server, serverOf, claim, attempts, heard } = await resuming();
    const answer = { position: 0, nonce: NEXT };
    const proof = await prove(SESSION.secret, serverStatement(claim, answer));
    server.say(tamper(answer, proof), ...dataRecord([Buffer.from('false')], 5));
    const { claim: second } = decodeResume(await (await serverOf(2)).hears(RecordType.resume));
    expect(second).toMatchObject({ serverNonce: SESSION.nonce, generation: 2 });
    expect(attempts[1]).toEqual({
      attempt: 2,
      error: withMessage('the server has not proved that it knows the session'),
    });
    expect(heard).toEqual([]);
    carrier.destroy();
  });

  it('loses its session where a server that knows it lies about its position', async () => {
    const { carrier, server, claim, heard } = await resuming();
    const answer = { position: 7, nonce: NEXT };
    const proof = await prove(SESSION.secret, serverStatement(claim, answer));
    server.say(encodeResumed(answer, proof));
    await until(() => heard.length > 0);
    expect(heard).toEqual([withMessage('the far end says that it is at 7, of the bytes from 0 to 0')]);
    expect(carrier.state$.value).toBe('over');
    await until(() => server.isOver);
  });

  it('tries again where Web Crypto fails', async () => {
    const { carrier, server, attempts, links } = client();
    const first = await server(0);
    first.say(encodeBegun({ ...SESSION, secret: Buffer.alloc(16) }));
    await first.hears(RecordType.acknowledgement);
    const sign = jest.spyOn(crypto.subtle, 'sign').mockRejectedValueOnce(new Error('no keys today'));
    links[0]?.cut('rst');
    await until(() => attempts.length === 2);
    expect(attempts[1]).toEqual({ attempt: 2, error: new Error('no keys today') });
    sign.mockRestore();
    carrier.destroy();
  });

  it('tries again once where the connection goes, and Web Crypto fails after that', async () => {
    const delay = jest.fn(() => 0);
    const { carrier, server, links } = client({ retry: { delay } });
    await begins(await server(0));
    let fail: (error: Error) => void = () => undefined;
    const signed = jest.spyOn(crypto.subtle, 'sign').mockReturnValueOnce(
      new Promise((_resolve, reject) => {
        fail = reject;
      }),
    );
    there(links[0]).cut('rst');
    await until(() => signed.mock.calls.length > 0);
    there(links[1]).near.close();
    await (await server(2)).hears(RecordType.resume);
    fail(new Error('no keys today'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(delay).toHaveBeenCalledTimes(2);
    expect(links[2]?.isListenedTo).toBe(true);
    carrier.destroy();
  });

  it('does nothing with a proof that it has made too late', async () => {
    const { carrier, server, links } = client();
    await begins(await server(0));
    const signed = jest.spyOn(crypto.subtle, 'sign');
    links[0]?.cut('rst');
    await server(1);
    const { near } = there(links[1]);
    await until(() => signed.mock.calls.length > 0);
    near.close();
    await isDone(signed);
    await server(2);
    expect(near.waiting).toBe(0);
    signed.mockRestore();
    carrier.destroy();
  });

  it('takes neither an answer nor its nonce where the connection goes while the proof is looked at', async () => {
    const { carrier, server, serverOf, claim, links } = await resuming();
    const answer = { position: 0, nonce: NEXT };
    const proof = await prove(SESSION.secret, serverStatement(claim, answer));
    let answerIs: (right: boolean) => void = () => undefined;
    const verified = jest.spyOn(crypto.subtle, 'verify').mockReturnValueOnce(
      new Promise((resolve) => {
        answerIs = resolve;
      }),
    );
    server.say(encodeResumed(answer, proof));
    await until(() => verified.mock.calls.length > 0);
    there(links[1]).near.close();
    answerIs(true);
    await isDone(verified);
    const { claim: second } = decodeResume(await (await serverOf(2)).hears(RecordType.resume));
    expect(second).toMatchObject({ serverNonce: SESSION.nonce, generation: 2 });
    expect(carrier.resumptions).toBe(0);
    carrier.destroy();
  });

  it('says RESUME when the connection has room, since one that is not open yet drops what it is given, and once', async () => {
    const { carrier, server, near, write } = await secondWithoutRoom();
    const second = await server(1);
    near.capacity$.next(0);
    expect(write).not.toHaveBeenCalled();
    near.capacity$.next(1000);
    near.capacity$.next(2000);
    await second.hears(RecordType.resume);
    expect(write).toHaveBeenCalledTimes(1);
    carrier.destroy();
  });

  it('says nothing on a connection that is over before it begins, neither BEGIN nor RESUME', async () => {
    const writes: jest.SpyInstance[] = [];
    const { carrier, server, links } = client({}, (link, index) => {
      writes.push(jest.spyOn(link.near, 'write'));
      if (index !== 1 && index < 3) {
        link.cut('rst');
      }
    });
    const second = await server(1);
    await begins(second);
    const signed = jest.spyOn(crypto.subtle, 'sign');
    there(links[1]).cut('rst');
    await (await server(3)).hears(RecordType.resume);
    await isDone(signed);
    expect(writes.map(({ mock }) => mock.calls.length)).toEqual([0, 2, 0, 1]);
    carrier.destroy();
  });

  it('says no RESUME on a connection that goes before it has room', async () => {
    const { carrier, server, near, write } = await secondWithoutRoom();
    near.inbound$.complete();
    near.capacity$.next(1000);
    const { claim } = decodeResume(await (await server(2)).hears(RecordType.resume));
    expect(claim.generation).toBe(2);
    expect(write).not.toHaveBeenCalled();
    carrier.destroy();
  });

  it('says what is due when there is room: an acknowledgement with the latest position, and one answer to pings', async () => {
    const { carrier, server, links } = client();
    const first = await server(0);
    await begins(first);
    const { near } = there(links[0]);
    near.hold();
    carrier.write([Buffer.alloc(65_536)]); // nothing more fits
    expect(near.capacity$.value).toBe(0);
    const written = near.waiting;
    first.say(record(RecordType.ping), record(RecordType.ping), ...dataRecord([Buffer.alloc(300)], 300));
    first.say(...dataRecord([Buffer.alloc(300)], 300));
    carrier.inbound$.subscribe();
    await until(() => links[0]?.far.delivered === 61 + 10 + 610);
    expect(near.waiting).toBe(written);
    near.release();
    await until(() => first.heard.filter(({ type }) => type === RecordType.acknowledgement).length === 2);
    expect(first.heard.filter(({ type }) => type === RecordType.pong)).toHaveLength(1);
    const [, last] = first.heard.filter(({ type }) => type === RecordType.acknowledgement);
    expect(last?.body).toEqual(positionRecord(RecordType.acknowledgement, 600).subarray(5));
    carrier.destroy();
  });

  it('tells what has come along with what it sends anyway, once that is some of what the server keeps', async () => {
    const { carrier, server, heard } = client({ scheduler: new VirtualTimeScheduler() }); // time stands still
    const first = await server(0);
    await begins(first);
    const come = (): number => (heard as Buffer[]).reduce((sum, { length }) => sum + length, 0);
    const types = (): number[] => first.heard.slice(2).map(({ type }) => type); // behind BEGIN and the first ACK
    first.say(...dataRecord([Buffer.alloc(62)], 62));
    await until(() => come() === 62);
    carrier.write([Buffer.from('a')]);
    first.say(...dataRecord([Buffer.of(1)], 1));
    await until(() => come() === 63);
    carrier.write([Buffer.from('b')]);
    await until(() => types().length >= 3);
    expect(types()).toEqual([RecordType.data, RecordType.acknowledgement, RecordType.data]);
    expect(first.heard[3]?.body).toEqual(positionRecord(RecordType.acknowledgement, 63).subarray(5));
    carrier.destroy();
  });
});
