import { firstValueFrom } from 'rxjs';
import { type Channel, Mux, type MuxOptions, ProtocolError, toDuplex } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { bytesInUse } from './support/heap.js';
import { QuietCarrier } from './support/quiet-carrier.js';

const MIB = 1024 * 1024;

function start(options?: MuxOptions, capacity?: number) {
  const carrier = new QuietCarrier(capacity);
  const mux = new Mux(carrier, { keepAlive: false, ...options });
  return { carrier, mux };
}

/** A channel that the peer has opened under the number 0, and that has been answered. */
async function answered({ carrier, mux }: ReturnType<typeof start>): Promise<Channel> {
  const channel = firstValueFrom(mux.channels$);
  carrier.receive(peer.handshake(0, 0));
  await turn();
  return channel;
}

/** A `for await` loop that waits for a chunk, and will never ask for another. */
function readOne(channel: Channel): AsyncIterator<Buffer> {
  const chunks = channel[Symbol.asyncIterator]();
  void chunks.next();
  return chunks;
}

describe('a hostile peer', () => {
  it('that overruns the window of a channel whose answer is delayed fails that channel alone', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { ...PLAIN_WIRE, peerChannelOptions: { highWaterMark: 4 } });
    mux.channels$.subscribe((channel) => {
      channel.delayHandshake();
    });
    carrier.receive(peer.handshake(0, 0));
    await carrier.hears();
    carrier.receive(peer.data(0, 5, 'abcde'));
    expect((await carrier.hears()).slice(0, 1)).toEqual(['HANDSHAKE 0 free=0 ""']);
  });

  it('that breaks a channel which waits for a subscriber does not make close() throw', async () => {
    const { carrier, mux } = start();
    carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0), peer.data(0, 1, 'x'));
    expect(() => void mux.close()).not.toThrow();
    await turn();
    carrier.receive(peer.end(0), peer.end(1));
    await turn();
    expect(mux.openChannels.size).toBe(0);
  });

  it('that never reads cannot pile up refusals', async () => {
    const { carrier, mux } = start({ acceptBacklog: 0 }, 0);
    const before = await bytesInUse();
    for (let number = 0; number < 500_000; number += 1) {
      carrier.receive(peer.handshake(number, 0), peer.end(number));
    }
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    expect(mux.openChannels.size).toBe(0);
  });

  it('that sends empty payloads is not heard by the application', async () => {
    const muxed = start();
    const channel = await answered(muxed);
    const chunks = listen(channel.inbound$);
    const deliveries = listen(channel.deliveries$);
    muxed.carrier.receive(peer.data(0, 0, ''), peer.data(0, 1, 'x'), peer.data(0, 1, ''));
    expect(chunks).toHaveLength(1);
    expect(deliveries).toHaveLength(1);
  });

  it('cannot fill the memory of a for await loop with empty payloads', async () => {
    const muxed = start();
    const loop = readOne(await answered(muxed));
    await turn();
    const before = await bytesInUse();
    const empty = Buffer.concat(Array.from({ length: 1000 }, () => peer.data(0, 0, '')));
    for (let i = 0; i < 200; i += 1) {
      muxed.carrier.receive(empty);
    }
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    expect(loop).toBeDefined(); // still there
  });

  it.each<[string, (channel: Channel) => unknown]>([
    ['nobody', () => undefined],
    ['a for await loop', readOne],
    ['a Duplex', (channel) => toDuplex(channel)],
  ])('cannot make single bytes that wait for %s keep whole chunks alive', async (_who, consume) => {
    const muxed = start();
    const consumer = consume(await answered(muxed));
    await turn();
    const before = await bytesInUse();
    const junk = peer.data(77, 0, Buffer.alloc(65_000)); // for no channel
    for (let seq = 1; seq <= 1000; seq += 1) {
      muxed.carrier.receive(peer.data(0, seq, 'x'), junk);
    }
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    expect([muxed.mux.openChannels.size, consumer]).toHaveLength(2); // still there
  });

  it('cannot make a single byte in each of many channels keep 8 KiB each', async () => {
    const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 16 } });
    mux.channels$.subscribe();
    for (let number = 0; number < 4096; number += 1) {
      carrier.receive(peer.handshake(number, 0));
    }
    const before = await bytesInUse();
    const second = peer.handshake(0, 0, Buffer.alloc(4000));
    for (let number = 0; number < 4096; number += 1) {
      carrier.receive(peer.data(number, 1, 'x'), second, second);
    }
    expect((await bytesInUse()) - before).toBeLessThan(8 * MIB);
    expect(mux.openChannels.size).toBe(4096);
  });

  it.each([
    { wants: 'credit', credit: (number: number) => number % 2, room: 65_536 }, // every other one takes a byte
    { wants: 'room', credit: () => 100, room: 0 },
  ])(
    'cannot make a byte that is sent back, and waits for $wants, keep a whole chunk',
    async ({ credit, room }) => {
      const { carrier, mux } = start();
      mux.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const numbers = Array.from({ length: 200 }, (_, number) => number);
      numbers.forEach((number) => {
        carrier.receive(peer.handshake(number, credit(number)));
      });
      await turn();
      carrier.capacity$.next(room);
      const before = await bytesInUse();
      const junk = peer.data(77_777, 0, Buffer.alloc(65_000)); // for no channel
      for (const number of numbers) {
        carrier.receive(peer.data(number, 2, 'xy'), junk);
        await turn();
      }
      expect((await bytesInUse()) - before).toBeLessThan(3 * MIB);
      expect([...mux.openChannels.values()].map(({ bufferedAmount }) => bufferedAmount)).toEqual(
        numbers.map((number) => (room === 0 ? 2 : 2 - credit(number))),
      );
    },
  );

  it.each([
    { which: 'empty', header: peer.frame() },
    { which: 'too short', header: peer.frame(0, 0, 0) },
    { which: 'of no known type', header: peer.frame(200, 0, 0, 0, 1) },
  ])('has no error made of headers that are $which, unless somebody wants to see it', ({ header }) => {
    const { carrier, mux } = start();
    mux.channels$.subscribe();
    const made = jest.fn();
    // Each error names itself.
    Object.defineProperty(ProtocolError.prototype, 'name', { configurable: true, set: made });
    try {
      carrier.receive(header, header, header);
      expect(made).toHaveBeenCalledTimes(0);
      mux.errors$.subscribe();
      carrier.receive(header);
      expect(made).toHaveBeenCalledTimes(1);
    } finally {
      delete (ProtocolError.prototype as { name?: string }).name;
    }
    expect(mux.stats().errors).toBe(4);
  });
});
