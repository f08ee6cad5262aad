import type { Channel, MuxOptions } from '../../src/index.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { bytesInUse, keptSince } from './support/heap.js';
import { expectNothingUnhandled } from './support/unhandled.js';
import { Victim } from './support/victim.js';

const MIB = 1024 * 1024;
/** With RXMUX_SOAK set: twenty times as many messages. */
const FACTOR = process.env['RXMUX_SOAK'] === undefined ? 1 : 20;
const MANY = 10_000 * FACTOR;
/** Numbers that a mux remembers for having been refused, or ended before they were opened. */
const REMEMBERED = 65_536;
const WINDOW = 262_144;

const ignore = (): void => undefined;

// What applications do with a channel.
const neglect = ignore;
const read = ({ inbound$ }: Channel): void => void inbound$.subscribe({ error: ignore });
const echo = ({ inbound$, outbound$ }: Channel): void => void inbound$.subscribe(outbound$);
const readAndEnd = (channel: Channel): void => {
  read(channel);
  channel.outbound$.complete();
};
const send = ({ outbound$ }: Channel): void => {
  outbound$.next('answer');
};

interface Attack {
  readonly name: string;
  readonly options?: MuxOptions;
  readonly application?: (channel: Channel) => void;
  /** Where both could. Default: true */
  readonly saysHello?: boolean;
  readonly attack: (victim: Victim) => Promise<unknown>;
  /** What is to be on `errors$`, and how often. Nothing given: nothing. */
  readonly reports?: Readonly<Record<string, number>>;
  /** MiB that the mux may keep. */
  readonly limit?: number;
}

/** What would end the bystander, or take its credit, if it were read as headers. */
const POISON = Buffer.concat([
  peer.status(4_000_000_000, 0, 0),
  peer.errorEnd(4_000_000_000),
  peer.dataHeader(4_000_000_000, 0),
]);

const LARGEST_HEADER = peer.handshake(0, 0, Buffer.alloc(65_536 - 9));

/** A HANDSHAKE with as much data as the default of `maxHeaderSize` allows. */
function largeHandshake(number: number): Buffer {
  const frame = Buffer.from(LARGEST_HEADER);
  frame.writeUInt32BE(number, 5);
  return frame;
}

const CHUNK = Buffer.alloc(2 ** 24);

/** A frame that claims 4 GiB, and has them. */
async function hugeFrame({ carrier }: Victim, start: Buffer): Promise<void> {
  carrier.receive(Buffer.alloc(4, 255), start);
  let left = 2 ** 32 - 1 - start.length;
  for (; left > CHUNK.length; left -= CHUNK.length) {
    carrier.inbound$.next(CHUNK);
  }
  carrier.inbound$.next(CHUNK.subarray(0, left));
  await turn();
}

/** The peer opens the channel 0, and has its answer. */
async function open({ carrier }: Victim): Promise<void> {
  carrier.receive(peer.handshake(0, 0));
  await turn();
}

/** A peer that opens the channel 0, and then says the same again and again. */
const repeats =
  (say: (n: number) => Buffer, ...first: Buffer[]) =>
  async (victim: Victim): Promise<void> => {
    await open(victim);
    victim.carrier.receive(...first);
    await victim.flood(MANY, say);
  };

/** A peer that does not read, while it does something else. */
const withoutReading =
  (attack: Attack['attack']) =>
  async (victim: Victim): Promise<void> => {
    victim.carrier.capacity$.next(0);
    await attack(victim);
  };

const extended: MuxOptions = { extensions: true };
const LONGEST = ['c'.repeat(255), 'm'.repeat(1024)] as const;
/** What HELLO promises for each channel that the peer opens. */
const PROMISED = Buffer.alloc(2048, 'x');
/** A channel, and as many bytes with it as may come before the answer. */
const openWithBytes = (n: number): Buffer =>
  Buffer.concat([peer.handshake(n, 0), peer.data(n, PROMISED.length, PROMISED)]);

/** What rxmux adds to the protocol. */
const extensions: Attack[] = [
  ...(['stop', 'refuse', 'reason'] as const).flatMap((type): Attack[] => {
    const NAME = type.toUpperCase();
    return [
      {
        name: `${NAME} with the longest reason, for numbers without a channel`,
        options: extended,
        attack: (victim) => victim.flood(MANY, (n) => peer[type](n, ...LONGEST)),
      },
      {
        name: `${NAME} with the longest reason, for a channel, again and again`,
        options: extended,
        application: neglect,
        attack: repeats(() => peer[type](0, ...LONGEST)),
        reports: type === 'refuse' ? { 'refusal after handshake': MANY } : {},
      },
      {
        name: `${NAME} with the longest reason, for numbers that were refused`,
        options: { ...extended, acceptBacklog: 0 },
        attack: (victim) =>
          victim.flood(MANY, (n) =>
            Buffer.concat([peer.handshake(n, 0), peer[type](n, ...LONGEST), peer.end(n)]),
          ),
      },
      {
        name: `${NAME} with the longest reason, before HELLO`,
        options: extended,
        saysHello: false,
        attack: (victim) => victim.flood(MANY, (n) => peer[type](n, ...LONGEST)),
        reports: { [`${type} before hello`]: MANY },
      },
    ];
  }),
  {
    name: 'channels that are stopped and ended at once, with the longest reasons, and so does the application',
    options: extended,
    application: readAndEnd,
    attack: (victim) =>
      victim.flood(MANY / 2, (n) =>
        Buffer.concat([
          peer.handshake(n, 0),
          peer.stop(n, ...LONGEST),
          peer.reason(n, ...LONGEST),
          peer.errorEnd(n),
        ]),
      ),
  },
  {
    name: 'PINGs',
    options: extended,
    attack: (victim) => victim.flood(4 * MANY, peer.ping),
  },
  {
    name: 'PINGs, while it does not read',
    options: extended,
    attack: withoutReading((victim) => victim.flood(4 * MANY, peer.ping)),
  },
  {
    name: 'PONGs that nobody waits for',
    options: extended,
    attack: (victim) => victim.flood(4 * MANY, peer.pong),
  },
  {
    name: 'HELLOs',
    options: extended,
    attack: (victim) => victim.flood(MANY, peer.hello),
    reports: { 'second hello': MANY },
  },
  {
    name: 'GOAWAY with the longest reason',
    options: extended,
    attack: (victim) => victim.flood(MANY, () => peer.goAway(...LONGEST)),
  },
  {
    name: 'unknown kinds, as long as a header may be',
    options: extended,
    attack: (victim) => {
      const unknown = Buffer.concat([Buffer.of(0, 0, 255, 255, 7, 99), Buffer.alloc(65_533)]);
      return victim.flood(500 * FACTOR, () => unknown);
    },
  },
  {
    name: 'channels with bytes, beyond acceptBacklog',
    options: { ...extended, acceptBacklog: 16 },
    attack: (victim) => victim.flood(MANY, openWithBytes),
  },
  {
    name: 'channels with bytes, beyond maxOpen, while it does not read',
    options: { ...extended, maxOpen: 16 },
    application: neglect,
    attack: withoutReading((victim) => victim.flood(MANY, openWithBytes)),
  },
  {
    name: 'channels with bytes, which the application rejects, and it ends',
    options: extended,
    application: (channel) => {
      channel.reject({ code: 'NO', message: '' });
    },
    attack: (victim) => victim.flood(MANY, (n) => Buffer.concat([openWithBytes(n), peer.errorEnd(n)])),
  },
  {
    name: 'channels with bytes, which the application rejects, and it never ends',
    options: { ...extended, maxOpen: 1000 },
    application: (channel) => {
      channel.reject();
    },
    attack: (victim) => victim.flood(MANY, openWithBytes),
  },
  {
    name: 'channels with bytes that are never answered',
    options: { ...extended, maxOpen: 500 },
    application: (channel) => void channel.delayHandshake(),
    attack: (victim) => victim.flood(MANY, openWithBytes),
    limit: (500 * 2 * 2048) / MIB + 2,
  },
  {
    name: 'more bytes with channels than was promised',
    options: { ...extended, maxOpen: 500 },
    attack: (victim) =>
      victim.flood(256, (n) => Buffer.concat([openWithBytes(n), peer.data(n, 0, PROMISED)])),
    reports: { 'too much data': 256 },
    limit: (256 * 16_384) / MIB, // what `maxMemory` counts for each: it is open until the peer ends it, and has its error
  },
];

const attacks: Attack[] = [
  ...extensions,
  {
    name: 'channels with 64 KiB of handshake data, beyond acceptBacklog',
    options: { acceptBacklog: 16 },
    attack: (victim) => victim.flood(500 * FACTOR, largeHandshake),
  },
  {
    name: 'channels with 64 KiB of handshake data, beyond maxOpen',
    options: { maxOpen: 16 },
    application: read,
    attack: (victim) => victim.flood(500 * FACTOR, largeHandshake),
  },
  {
    name: 'channels that nobody has room for and that it never ends',
    options: { maxOpen: 16 },
    application: read,
    attack: (victim) => victim.flood(15 + REMEMBERED + 1000, (n) => peer.handshake(n, 0)),
    reports: { 'too many refused channels': 1000 },
  },
  {
    name: 'channels that nobody has room for, while it does not read',
    options: { maxOpen: 16 },
    application: read,
    attack: withoutReading((victim) =>
      victim.flood(15 + REMEMBERED + 1000, (n) => Buffer.concat([peer.handshake(n, 0), peer.end(n)])),
    ),
    // The first fifteen were opened; their ends are in order.
    reports: { 'too many refused channels': 1000 },
    limit: 8,
  },
  ...['END', 'ERROR_END'].flatMap((name): Attack[] => {
    const end = name === 'END' ? peer.end : peer.errorEnd;
    const reset = (n: number) => Buffer.concat([peer.handshake(n, 0), end(n)]);
    return [
      {
        name: `channels that it ends at once with ${name}, and so does the application`,
        application: readAndEnd,
        attack: (victim) => victim.flood(MANY, reset),
      },
      {
        name: `channels that it ends at once with ${name}, and the application does not`,
        options: { maxOpen: 100 },
        application: neglect,
        attack: (victim) => victim.flood(MANY, reset),
      },
      {
        name: `channels that it ends at once with ${name}, and nobody takes`,
        attack: (victim) => victim.flood(MANY, reset),
      },
      {
        name: `channels that it has ended with ${name} before it opens them`,
        application: readAndEnd,
        attack: (victim) => victim.flood(3 * MANY, (n) => Buffer.concat([end(n), peer.handshake(n, 0)])),
      },
      {
        name: `${name} for numbers without a channel`,
        attack: (victim) => victim.flood(100_000 + MANY, end),
        limit: 8,
      },
    ];
  }),
  {
    name: 'grants that take back what was granted',
    application: send,
    attack: repeats((n) => peer.status(0, n % 2, 2 ** 31 + (n % 7))),
  },
  {
    name: 'grants beyond 2^32',
    application: send,
    attack: repeats((n) => peer.status(0, 2 ** 32 - 1, 2 ** 32 - 1 - (n % 3))),
  },
  {
    name: 'grants for no channel',
    attack: (victim) => victim.flood(MANY, (n) => peer.status(n, 2 ** 31, n)),
    reports: { 'status for no channel': MANY },
  },
  {
    name: 'late grants for no channel',
    attack: (victim) => victim.flood(MANY, (n) => peer.finishedStatus(n, 2 ** 31, n)),
  },
  {
    name: 'more than the window allows',
    options: { peerChannelOptions: { highWaterMark: 1000 } },
    application: neglect,
    attack: repeats((n) => peer.data(0, 2000 * n, Buffer.alloc(2000))),
    reports: { 'too much data': 1 },
  },
  {
    name: 'more than the window allows, while it does not read',
    options: { peerChannelOptions: { highWaterMark: 1000 } },
    application: echo,
    attack: withoutReading(repeats((n) => peer.data(0, 2000 * n, Buffer.alloc(2000)))),
    reports: { 'too much data': 1 },
  },
  {
    name: 'payloads that look like headers, for a number without a channel',
    attack: (victim) => victim.flood(MANY, (n) => peer.data(n, n, POISON)),
    reports: { 'data for no channel': MANY },
  },
  {
    name: 'payloads that look like headers, for a channel that was refused',
    application: (channel) => {
      channel.reject();
    },
    attack: async (victim) => {
      await open(victim);
      victim.carrier.receive(peer.end(0));
      await open(victim); // and refused again
      await victim.flood(MANY, (n) => peer.data(0, n, POISON));
    },
  },
  {
    name: 'payloads that look like headers, for a number beyond acceptBacklog',
    options: { acceptBacklog: 0 },
    attack: repeats((n) => peer.data(0, n, POISON)),
  },
  {
    name: 'payloads that look like headers, after its end',
    application: neglect,
    attack: repeats((n) => peer.data(0, n, POISON), peer.end(0)),
    reports: { 'data after end': MANY },
  },
  {
    name: 'payloads that look like headers, for a channel that is over',
    application: readAndEnd,
    attack: repeats((n) => peer.data(0, n, POISON), peer.end(0)),
    reports: { 'data for no channel': MANY },
  },
  {
    name: 'payloads that look like headers, for a channel that it has opened',
    application: read,
    attack: repeats((n) => peer.data(0, n, POISON)),
  },
  {
    name: 'payloads before its handshake',
    attack: async (victim) => {
      const { handshake$, inbound$, closed$ } = victim.mux.open('', { channel: 0 });
      handshake$.subscribe({ error: ignore });
      inbound$.subscribe({ error: ignore });
      closed$.subscribe({ error: ignore });
      await victim.flood(1, () => peer.data(0, 1, 'x'));
    },
    reports: { 'data before handshake': 1 },
  },
  ...Object.entries({ neglect, read, echo }).map(([name, application]): Attack => ({
    name: `empty payloads (the application: ${name})`,
    application,
    attack: repeats(() => peer.data(0, 0, '')),
  })),
  {
    name: 'empty payloads for no channel',
    attack: (victim) => victim.flood(MANY, () => peer.data(0, 0, '')),
    reports: { 'data for no channel': MANY },
  },
  {
    name: 'single bytes that nobody reads',
    options: { peerChannelOptions: { highWaterMark: WINDOW } },
    application: neglect,
    attack: async (victim) => {
      await open(victim);
      await victim.flood(WINDOW, (n) => peer.data(0, n + 1, 'x'));
    },
  },
  {
    name: 'windows full of payloads of just over half a chunk',
    options: { maxOpen: 101, peerChannelOptions: { highWaterMark: 65_536 } },
    application: neglect,
    attack: async (victim) => {
      await victim.flood(100, (n) => peer.handshake(n, 0));
      const junk = peer.data(200, 0, Buffer.alloc(8100)); // for no channel
      for (let n = 0; n < 800; n += 1) {
        victim.carrier.receive(peer.data(Math.floor(n / 8), 0, Buffer.alloc(8192)), junk);
      }
    },
    reports: { 'data for no channel': 800 },
    limit: (100 * (2 * 65_536 + 65_536 + 2048)) / MIB,
  },
  {
    name: 'the same handshake again',
    application: neglect,
    attack: repeats(() => peer.handshake(0, 2 ** 32 - 1, 'again')),
    reports: { 'second handshake': MANY },
  },
  {
    name: 'the same handshake again, for a number that was refused',
    options: { acceptBacklog: 0 },
    attack: repeats(() => peer.handshake(0, 2 ** 32 - 1, 'again')),
    reports: { 'second handshake': MANY },
  },
  {
    name: 'PRE_HANDSHAKE after the handshake',
    application: neglect,
    attack: repeats((n) => peer.preHandshake(0, n, n)),
    reports: { 'pre-handshake after handshake': MANY },
  },
  {
    name: 'PRE_HANDSHAKE and STATUS where it owes a handshake',
    attack: async (victim) => {
      victim.mux.open('', { channel: 0 });
      await victim.flood(MANY, (n) =>
        Buffer.concat([peer.preHandshake(0, n), peer.status(0, n, n), peer.finishedStatus(0, n, n)]),
      );
    },
    reports: { 'status before handshake': MANY },
  },
  {
    name: 'the same end again',
    application: neglect,
    attack: repeats((n) => (n % 2 === 0 ? peer.end(0) : peer.errorEnd(0)), peer.end(0)),
    reports: { 'second end': MANY },
  },
  {
    name: 'keep-alives',
    attack: (victim) => victim.flood(4 * MANY, peer.keepAlive),
  },
  {
    name: 'keep-alives, while it does not read',
    attack: withoutReading((victim) => victim.flood(MANY, peer.keepAlive)),
  },
  {
    name: 'headers of one byte too many, cut into single bytes',
    options: { maxHeaderSize: 100 },
    attack: async (victim) => {
      const header = peer.handshake(0, 0, Buffer.alloc(92));
      for (let n = 0; n < 200 * FACTOR; n += 1) {
        for (const byte of header) {
          victim.carrier.receive(Buffer.of(byte));
        }
        await turn();
        victim.carrier.receive(peer.end(0));
      }
    },
    reports: { 'header too big': 200 * FACTOR },
  },
  {
    name: 'a header of 4 GiB',
    attack: (victim) => hugeFrame(victim, Buffer.of(9)),
    reports: { 'header too big': 1 },
  },
  {
    name: 'handshake data of 4 GiB',
    attack: (victim) => hugeFrame(victim, Buffer.of(1, 0, 0, 0, 0)),
    reports: { 'header too big': 1 },
  },
  {
    name: 'a payload of 4 GiB for no channel',
    attack: (victim) => {
      victim.carrier.receive(peer.dataHeader(0, 0));
      return hugeFrame(victim, POISON);
    },
    reports: { 'data for no channel': 1 },
  },
  {
    name: 'a payload of 4 GiB beyond the window',
    application: neglect,
    attack: async (victim) => {
      await open(victim);
      victim.carrier.receive(peer.dataHeader(0, 0));
      await hugeFrame(victim, POISON);
    },
    reports: { 'too much data': 1 },
  },
  {
    name: 'a mebibyte of what is no frame, claimed to be 1 MiB each time',
    attack: (victim) =>
      victim.flood(20 * FACTOR, () => Buffer.concat([Buffer.of(0, 16, 0, 0), Buffer.alloc(MIB, 77)])),
    reports: { 'header too big': 20 * FACTOR },
  },
];

describe('a hostile peer harms no other channel and fills no memory with', () => {
  expectNothingUnhandled();

  it.each(attacks)(
    '$name',
    async ({ options, application, saysHello, attack, reports = {}, limit = 2 }) => {
      const victim = new Victim(options, application, saysHello);
      await victim.transfers();
      const before = await bytesInUse();
      await attack(victim);
      const kept = await keptSince(before, limit * MIB);
      expect(victim.reports).toEqual(reports);
      expect(kept).toBeLessThan(limit * MIB);
      expect(victim.mux.openChannels.size).toBeLessThanOrEqual(options?.maxOpen ?? Infinity);
      await victim.transfers();
    },
    60_000 * FACTOR,
  );
});

describe('a peer that floods a mux with PINGs, and reads', () => {
  /** Milliseconds of CPU that so many bytes of a frame take, in chunks of 64 KiB. */
  async function cost({ carrier }: Victim, frame: Buffer): Promise<number> {
    const chunk = Buffer.alloc(65_536 - (65_536 % frame.length), frame);
    const before = process.cpuUsage();
    for (let bytes = 0; bytes < MIB; bytes += chunk.length) {
      carrier.receive(chunk);
      await turn();
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  it('costs it no more CPU for each byte than keep-alives do, and gets an answer for each chunk', async () => {
    const victim = new Victim(extended);
    await victim.transfers();
    const costs = { pings: Infinity, keepAlives: Infinity };
    const written = victim.carrier.written;
    for (let round = 0; round < 6; round += 1) {
      costs.keepAlives = Math.min(costs.keepAlives, await cost(victim, peer.keepAlive()));
      costs.pings = Math.min(costs.pings, await cost(victim, peer.ping(round)));
    }
    const pongs = 6 * Math.ceil(MIB / (65_536 - (65_536 % 10))) * peer.pong(0).length;
    expect(victim.carrier.written - written).toBeGreaterThanOrEqual(pongs);
    expect(victim.carrier.written - written).toBeLessThan(pongs + 100); // grants of the bystander's
    expect(costs.pings).toBeLessThan(1.5 * costs.keepAlives);
    await victim.transfers();
  });
});
