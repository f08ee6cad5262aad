import { once } from 'node:events';
import { toDuplex, toWebStream } from '../../src/index.js';
import { bytes, toMessages } from '../../src/messages.js';
import { start } from '../mux/start.js';
import { listen } from '../support/listen.js';
import * as peer from '../support/wire.js';

const LARGE = 10_000;

/** What `postMessage` does with memory that is to be transferred. */
const transfer = ({ buffer }: Uint8Array): void => {
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
};

/** A channel that has been answered, and may send. */
async function opened() {
  const { carrier, mux } = start();
  const channel = mux.open();
  carrier.receive(peer.handshake(0, 65_536));
  await carrier.hears();
  return { carrier, mux, channel, outbound: listen(channel.outbound$), closed: listen(channel.closed$) };
}

const gone = (what: string) => new TypeError(`${what} are gone: their memory was transferred`);
const SENT_GONE = gone('bytes given to outbound$ that waited to be sent');

describe('bytes whose memory is transferred while they wait to be sent', () => {
  it.each([
    ['large ones', LARGE],
    ['few, which were alone', 10],
  ])('fail their channel, and no other: %s', async (_which, size) => {
    const { carrier, mux, channel, outbound, closed } = await opened();
    const other = mux.open();
    carrier.receive(peer.handshake(1, 100));
    await carrier.hears();
    const given = new Uint8Array(size);
    channel.outbound$.next(given);
    transfer(given);
    channel.outbound$.next('more');
    other.outbound$.next('of another');
    expect((await carrier.hears()).sort()).toEqual(['DATA 1 seq=10 "of another"', 'ERROR_END 0']);
    expect(outbound).toEqual([given, 'more', SENT_GONE]);
    expect(channel.bufferedAmount).toBe(0);
    carrier.receive(peer.end(0));
    expect(closed).toEqual([SENT_GONE]);
  });

  it('are not passed over, and those before them leave', async () => {
    const { carrier, channel, outbound } = await opened();
    const [first, second, third] = [LARGE, LARGE, LARGE].map((size) => new Uint8Array(size));
    for (const bytes of [first, second, third]) {
      channel.outbound$.next(bytes as Uint8Array);
    }
    transfer(second as Uint8Array);
    expect(await carrier.hears()).toEqual([`DATA 0 seq=${LARGE} <${LARGE} bytes>`, 'ERROR_END 0']);
    expect(outbound.at(-1)).toEqual(SENT_GONE);
  });

  it('make an error of the end that was to follow them', async () => {
    const { carrier, channel, closed } = await opened();
    const given = new Uint8Array(LARGE);
    channel.outbound$.next(given);
    channel.outbound$.complete();
    transfer(given);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    carrier.receive(peer.end(0));
    expect(closed).toEqual([SENT_GONE]);
  });
});

describe('bytes whose memory was transferred before the channel gets them', () => {
  /** Memory of its own, and none of Node's pool. */
  const one = (): Buffer => Buffer.from(new ArrayBuffer(LARGE));

  const REFUSED: unknown = expect.objectContaining({
    name: 'TypeError',
    message: expect.stringContaining('detached') as unknown,
  });

  it.each([
    ['a Buffer', one()],
    ['another view', new Uint8Array(LARGE)],
  ])('are refused: %s', async (_which, given) => {
    const { carrier, channel } = await opened();
    transfer(given);
    expect(() => {
      channel.outbound$.next(given);
    }).toThrow('detached');
    channel.outbound$.next('more');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "more"']);
  });

  it('fail a WHATWG stream that kept them until then: the peer is not told that it has the whole', async () => {
    const { carrier, channel } = await opened();
    const writer = toWebStream(channel).writable.getWriter();
    const given = one();
    const written = Promise.allSettled([
      writer.write('first'),
      writer.write(given),
      writer.close(),
      writer.closed,
    ]);
    transfer(given);
    const failure = { status: 'rejected', reason: REFUSED };
    expect(await written).toEqual([{ status: 'fulfilled', value: undefined }, failure, failure, failure]);
    expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "first"', 'ERROR_END 0']);
  });

  it('fail a Duplex that kept them until then', async () => {
    const { carrier, channel } = await opened();
    const duplex = toDuplex(channel);
    const failed = once(duplex, 'close').catch((error: unknown) => error);
    const given = one();
    duplex.cork();
    duplex.write('first');
    duplex.write(given);
    transfer(given);
    duplex.uncork();
    expect(await failed).toEqual(REFUSED);
    expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "first"', 'ERROR_END 0']);
  });
});

describe('handshake data whose memory is transferred or overwritten before it has left', () => {
  const given = (): Uint8Array => new Uint8Array(new TextEncoder().encode('who I am')); // memory of its own
  const meanwhile = [
    ['transferred', transfer],
    ['overwritten', (bytes: Uint8Array) => bytes.fill(0)],
  ] as const;

  it.each(meanwhile)('opens the channel as it was given: %s', async (_what, happen) => {
    const { carrier, mux } = start();
    const channels = listen(mux.channels$);
    const data = given();
    mux.open(data);
    happen(data);
    mux.open('of another');
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 0 free=65536 "who I am"',
      'HANDSHAKE 1 free=65536 "of another"',
    ]);
    expect(channels).toEqual([]);
  });

  it.each(meanwhile)('answers the peer as it was given: %s', async (_what, happen) => {
    const { carrier, mux } = start();
    const data = given();
    mux.channels$.subscribe((channel) => {
      channel.accept(data);
      happen(data);
    });
    carrier.receive(peer.handshake(7, 100));
    expect(await carrier.hears()).toEqual(['HANDSHAKE 7 free=65536 "who I am"']);
  });
});

describe('bytes of which somebody else transfers the memory', () => {
  /** Two channels. Who reads the second one transfers the memory of what comes. */
  async function besideARobber() {
    const { carrier, mux } = start();
    const channel = mux.open();
    mux.open().inbound$.subscribe(transfer);
    const receive = async (payload: Uint8Array): Promise<string[]> => {
      const frames = [peer.data(0, payload.length, payload), peer.data(1, 1, 'x')];
      carrier.inbound$.next(new Uint8Array(Buffer.concat(frames))); // memory of its own, and none of Node's pool
      return carrier.hears();
    };
    await carrier.hears();
    carrier.receive(peer.handshake(0, 0, 'hi'), peer.handshake(1, 0, 'hi'));
    return { carrier, channel, receive };
  }

  it('fail their channel where they waited to be read', async () => {
    const { carrier, channel, receive } = await besideARobber();
    await receive(new Uint8Array(LARGE));
    const heard = listen(channel.inbound$);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(heard).toEqual([gone('bytes that waited to be read')]);
  });

  it('fail their channel where they were a part of a message', async () => {
    const { carrier, channel, receive } = await besideARobber();
    const heard = listen(toMessages(channel, bytes()).inbound$);
    await carrier.hears();
    const part = Buffer.alloc(LARGE);
    part.writeUInt32BE(LARGE);
    await receive(part);
    carrier.receive(peer.data(0, LARGE + 4, 'last'));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(heard).toEqual([gone('messages')]);
  });
});
