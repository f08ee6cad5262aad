import * as fc from 'fast-check';
import { type Channel, ChannelError, Mux, toDuplex } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { QuietCarrier } from './support/quiet-carrier.js';
import { expectNothingUnhandled } from './support/unhandled.js';
import { Victim } from './support/victim.js';

/** With RXMUX_SOAK set: a hundred times as many. */
const FACTOR = process.env['RXMUX_SOAK'] === undefined ? 1 : 100;
const LIMIT = 20_000 * FACTOR;

const ignore = (): void => undefined;

/** What applications do with a channel. */
const applications: Readonly<Record<string, (channel: Channel) => void>> = {
  neglect: ignore,
  read: ({ inbound$ }) => void inbound$.subscribe({ error: ignore }),
  echo: ({ inbound$, outbound$ }) => void inbound$.subscribe(outbound$),
  end: ({ outbound$ }) => {
    outbound$.complete();
  },
  reject: (channel) => {
    channel.reject();
  },
  destroy: (channel) => {
    channel.destroy(new Error('not wanted'));
  },
  refuse: (channel) => {
    channel.reject({ code: 'NO', message: 'not here' });
  },
  fail: (channel) => {
    channel.destroy(new ChannelError('FAILED', 'so'));
  },
  delay: (channel) => void channel.delayHandshake(),
  iterate: (channel) => void channel[Symbol.asyncIterator]().next().catch(ignore),
  duplex: (channel) => void toDuplex(channel).on('error', ignore).resume().write('hello'),
};
const application = fc.constantFrom(...Object.keys(applications)).map((name) => ({
  use: applications[name] ?? ignore,
  [fc.toStringMethod]: () => name,
}));

const options = fc.record({
  maxOpen: fc.integer({ min: 2, max: 4 }),
  acceptBacklog: fc.integer({ min: 0, max: 3 }),
  maxHeaderSize: fc.constantFrom(0, 9, 20, 65_536),
  coalesceWrites: fc.boolean(),
  extensions: fc.constantFrom(true, true, false),
  peerChannelOptions: fc.record({
    highWaterMark: fc.constantFrom(1, 5, 1000),
    checkReadOverflow: fc.boolean(),
    maxWriteSize: fc.constantFrom(0, 1, 5),
  }),
});

const number = fc.constantFrom(0, 1, 2, 2 ** 31, 2 ** 32 - 1);
const u32 = fc.constantFrom(0, 1, 5, 1000, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1);
const bytes = fc.uint8Array({ maxLength: 30 });

const text = fc.string({ maxLength: 20 });

/** What a peer may say, or is about to. */
const messages = fc.oneof(
  fc.tuple(number, text, text).map((args) => peer.stop(...args)),
  fc.tuple(number, text, text).map((args) => peer.refuse(...args)),
  fc.tuple(number, text, text).map((args) => peer.reason(...args)),
  fc.tuple(fc.constantFrom(4, 5), u32).map(([kind, id]) => (kind === 4 ? peer.ping(id) : peer.pong(id))),
  u32.map((window) => peer.hello(window)),
  fc.tuple(text, text).map((args) => peer.goAway(...args)),
  bytes.map((body) => peer.frame(7, ...body)),
  fc.tuple(number, u32, bytes).map(([channel, free, data]) => peer.handshake(channel, free, data)),
  fc.tuple(number, u32, bytes).map(([channel, seq, payload]) => peer.data(channel, seq, payload)),
  fc.tuple(number, u32, u32).map((args) => peer.status(...args)),
  fc.tuple(number, u32, u32).map((args) => peer.finishedStatus(...args)),
  fc.tuple(number, u32, fc.option(u32, { nil: undefined })).map((args) => peer.preHandshake(...args)),
  number.map(peer.end),
  number.map(peer.errorEnd),
  bytes.map((frame) => peer.frame(...frame)),
);

/** The bytes, cut at random places. */
const cut = (all: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array[]> =>
  fc.tuple(all, fc.array(fc.nat(300), { maxLength: 20 })).map(([whole, places]) => {
    const ends = [...places.filter((place) => place < whole.length), whole.length].sort((a, b) => a - b);
    return ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end)).filter(({ length }) => length > 0);
  });

describe('a peer at random', () => {
  expectNothingUnhandled();

  it(
    'makes nothing throw with random bytes, before or after it cuts the carrier',
    async () => {
      const random = cut(fc.uint8Array({ maxLength: 300 }));
      const small = cut(fc.uint8Array({ maxLength: 300, max: 9 })); // short frames of known types
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(random, small),
          options,
          application,
          fc.boolean(),
          async (chunks, given, { use }, isPeer) => {
            const carrier = new QuietCarrier();
            const mux = new Mux(carrier, { keepAlive: false, ...given });
            mux.channels$.subscribe({ next: use, error: ignore });
            if (isPeer) {
              carrier.receive(peer.keepAlive()); // else most are taken for no peer at once
            }
            for (const chunk of chunks) {
              carrier.inbound$.next(chunk);
              expect(mux.openChannels.size).toBeLessThanOrEqual(given.maxOpen);
            }
            await turn();
            carrier.inbound$.complete();
            await turn();
            mux.destroy();
            expect(mux.openChannels.size).toBe(0);
          },
        ),
        { numRuns: 1500 * FACTOR },
      );
    },
    LIMIT,
  );

  it(
    'harms no other channel with frames of any content, in any order, cut anywhere',
    async () => {
      const conversation = cut(
        fc.array(messages, { maxLength: 40 }).map((frames) => new Uint8Array(Buffer.concat(frames))),
      );
      await fc.assert(
        fc.asyncProperty(conversation, options, application, async (chunks, given, { use }) => {
          const victim = new Victim(given, use);
          await victim.transfers();
          for (const chunk of chunks) {
            victim.carrier.inbound$.next(chunk);
            expect(victim.mux.openChannels.size).toBeLessThanOrEqual(given.maxOpen);
          }
          victim.carrier.receive(peer.keepAlive()); // the payload, where the last frame was a DATA header
          await victim.transfers();
        }),
        { numRuns: 1500 * FACTOR },
      );
    },
    LIMIT,
  );
});

describe('a header that says nothing', () => {
  expectNothingUnhandled();

  /** Bytes of the shortest header of each type. */
  const shortest = [5, 9, 13, 13, 9, 9, 5, 1];
  const tooShort = shortest.flatMap((length, type) =>
    Array.from({ length }, (_, size) => ({ type, size })).filter(({ size }) => size > 0),
  );

  it.each(tooShort)('is reported: type $type in $size bytes', async ({ type, size }) => {
    const victim = new Victim();
    victim.carrier.receive(peer.frame(...[type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].slice(0, size)));
    const needed = size < 5 ? 5 : shortest[type];
    expect(victim.reports).toEqual({ [`short buffer length ${size} < ${needed}`]: 1 });
    await victim.transfers();
  });

  it('is reported: an empty one', async () => {
    const victim = new Victim();
    victim.carrier.receive(peer.frame());
    expect(victim.reports).toEqual({ 'short buffer length 0 < 5': 1 });
    await victim.transfers();
  });

  it('is reported: one of any type above 7, of any length', async () => {
    const victim = new Victim();
    for (let type = 8; type < 256; type += 1) {
      for (const rest of [0, 3, 4, 8, 12, 100]) {
        victim.carrier.receive(peer.frame(type, ...new Uint8Array(rest)));
        const message = rest < 4 ? `short buffer length ${rest + 1} < 5` : `unknown type: ${type}`;
        expect(victim.reports[message]).toBeGreaterThan(0);
      }
    }
    expect(Object.values(victim.reports).reduce((sum, times) => sum + times)).toBe(248 * 6);
    await victim.transfers();
  });
});

describe('a peer that answers nothing', () => {
  expectNothingUnhandled();

  it('makes this side wait, with no more channels than maxOpen', async () => {
    const victim = new Victim({ maxOpen: 100 });
    for (let opened = 1; opened < 100; opened += 1) {
      victim.mux.open().outbound$.next('hello');
    }
    expect(() => victim.mux.open()).toThrow('full');
    await victim.transfers();
    expect(victim.reports).toEqual({});
  });
});
