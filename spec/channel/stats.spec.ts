import { VirtualTimeScheduler } from 'rxjs';
import {
  type BlockedBy,
  type Channel,
  type ChannelOptions,
  type ChannelStates,
  type ChannelStats,
  Mux,
  type MuxOptions,
} from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** When the mux begins, in its scheduler's time. */
const START = 1000;

/** A mux in virtual time, with the test as its peer, and its channel of a number. */
class World {
  readonly scheduler = new VirtualTimeScheduler();
  readonly carrier = new TestCarrier();
  readonly mux: Mux;

  constructor(options: MuxOptions = {}) {
    this.scheduler.frame = START;
    this.mux = new Mux(this.carrier, {
      ...PLAIN_WIRE,
      highChannels: false,
      keepAlive: false,
      ...options,
      scheduler: this.scheduler,
    });
  }

  /** Channel 0, while it is there. */
  get channel(): Channel {
    return this.mux.openChannels.get(0) ?? this.gone;
  }

  /** Channel 0, to be kept after it has gone. */
  gone!: Channel;

  open(options?: ChannelOptions): void {
    this.gone = this.mux.open('', options);
  }

  /** The peer opens channel 0. */
  arrive(): void {
    this.carrier.receive(wire.handshake(0, 100));
    this.gone = this.channel;
  }

  say(...frames: readonly Buffer[]): void {
    this.carrier.receive(...frames);
  }

  /** How many bytes the carrier takes. */
  room(bytes: number): void {
    this.carrier.capacity$.next(bytes);
  }

  give(bytes: number): void {
    this.channel.outbound$.next(Buffer.alloc(bytes));
  }

  /** The peer sends the bytes up to the `end`th. */
  send(bytes: number, end: number): void {
    this.say(wire.data(0, end, Buffer.alloc(bytes)));
  }
}

type Step = readonly [at: number, act: (world: World) => unknown];

/** Does it all, each at its time, and says how the channel is at the end. */
async function statsAfter(steps: readonly Step[], end: number, options?: MuxOptions): Promise<ChannelStats> {
  const world = new World(options);
  for (const [at, act] of steps) {
    world.scheduler.frame = START + at;
    act(world);
    await world.carrier.hears();
  }
  world.scheduler.frame = START + end;
  return world.channel.stats();
}

const OPEN: Step = [
  0,
  (world) => {
    world.open();
  },
];
const OPENED: readonly Step[] = [
  OPEN,
  [
    5,
    (world) => {
      world.say(wire.handshake(0, 100));
    },
  ],
];
const ARRIVED: Step = [
  0,
  (world) => {
    world.arrive();
  },
];
const FULL: Step = [
  6,
  (world) => {
    world.room(0);
  },
];
const EXTENSIONS = { extensions: true };

describe('channel.stats() tells what keeps bytes and the end from leaving, and since when', () => {
  const table: readonly (readonly [
    state: string,
    steps: readonly Step[],
    by: BlockedBy | undefined,
    since: number,
    states: Partial<ChannelStates>,
    options?: MuxOptions,
  ])[] = [
    ['opened, nothing given', [OPEN], undefined, 100, { outbound: 'open', peerHandshake: 'awaited' }],
    [
      'opened while the carrier is full',
      [
        [
          0,
          (world) => {
            world.room(0);
          },
        ],
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'capacity',
      10,
      { handshake: 'answered' },
    ],
    [
      'opened, not answered',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'handshake',
      10,
      { handshake: 'answered', peerHandshake: 'awaited' },
    ],
    [
      'opened, ended at once: the end leaves with the HANDSHAKE',
      [
        OPEN,
        [
          10,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      undefined,
      100,
      { outbound: 'ended' },
    ],
    [
      'opened, ended behind bytes, not answered',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      'handshake',
      10,
      { outbound: 'ending' },
    ],
    [
      'PRE_HANDSHAKE has come, without room',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          30,
          (world) => {
            world.say(wire.preHandshake(0, 0));
          },
        ],
      ],
      'credit',
      30,
      { peerHandshake: 'delayed' },
    ],
    [
      'PRE_HANDSHAKE has come, with room for some',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          30,
          (world) => {
            world.say(wire.preHandshake(0, 2));
          },
        ],
      ],
      'credit',
      30,
      { peerHandshake: 'delayed' },
    ],
    [
      'answered without room, after the bytes',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          40,
          (world) => {
            world.say(wire.handshake(0, 0, 'hi'));
          },
        ],
      ],
      'credit',
      40,
      { peerHandshake: 'come' },
    ],
    [
      'answered without room, PRE_HANDSHAKE has come before: nothing is different',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          30,
          (world) => {
            world.say(wire.preHandshake(0, 0));
          },
        ],
        [
          40,
          (world) => {
            world.say(wire.handshake(0, 0, 'hi'));
          },
        ],
      ],
      'credit',
      30,
      { peerHandshake: 'come' },
    ],
    [
      'answered in a way that may be a refusal',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          40,
          (world) => {
            world.say(wire.handshake(0, 0));
          },
        ],
      ],
      'credit',
      40,
      { peerHandshake: 'come', outbound: 'open' },
    ],
    [
      'refused',
      [
        OPEN,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          40,
          (world) => {
            world.say(wire.handshake(0, 0), wire.errorEnd(0));
          },
        ],
      ],
      undefined,
      100,
      { peerHandshake: 'failed', outbound: 'ended', inbound: 'over' },
    ],
    [
      'answered, all sent',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
      ],
      undefined,
      100,
      { outbound: 'open' },
    ],
    [
      'answered, credit used up',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'credit',
      10,
      { outbound: 'open' },
    ],
    [
      'credit used up before more is given',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(100);
          },
        ],
        [
          20,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'credit',
      20,
      { outbound: 'open' },
    ],
    [
      'a STATUS without more credit',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.status(0, 0, 100));
          },
        ],
      ],
      'credit',
      10,
      {},
    ],
    [
      'a STATUS with credit for some: bytes have left',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.status(0, 10, 100));
          },
        ],
      ],
      'credit',
      20,
      {},
    ],
    [
      'the end behind bytes without credit',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      'credit',
      10,
      { outbound: 'ending' },
    ],
    [
      'the carrier is full',
      [
        ...OPENED,
        FULL,
        [
          10,
          (world) => {
            world.give(50);
          },
        ],
        [
          20,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'capacity',
      10,
      { outbound: 'open' },
    ],
    [
      'credit comes while the carrier is full',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          15,
          (world) => {
            world.room(0);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.status(0, 100, 100));
          },
        ],
        [
          30,
          (world) => {
            world.say(wire.status(0, 200, 100));
          },
        ],
      ],
      'capacity',
      20,
      {},
    ],
    [
      'only the end waits, and the carrier is full',
      [
        ...OPENED,
        FULL,
        [
          10,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      'capacity',
      10,
      { outbound: 'ending' },
    ],
    [
      'ERROR_END waits, and the carrier is full',
      [
        ...OPENED,
        FULL,
        [
          10,
          (world) => {
            world.channel.outbound$.error(new Error('no'));
          },
        ],
      ],
      'capacity',
      10,
      { outbound: 'ending' },
    ],
    [
      'bytes are dropped for ERROR_END, and the carrier is full',
      [
        ...OPENED,
        FULL,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.channel.destroy(new Error('no'));
          },
        ],
      ],
      'capacity',
      20,
      { outbound: 'ending', inbound: 'over' },
    ],
    [
      'ended',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      undefined,
      100,
      { outbound: 'ended', inbound: 'paused' },
    ],
    [
      'waits for a subscriber of channels$',
      [
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'handshake',
      10,
      { handshake: 'waiting', peerHandshake: 'come' },
    ],
    [
      'delayed',
      [
        [0, (world) => world.mux.channels$.subscribe((channel) => channel.delayHandshake())],
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
      ],
      'handshake',
      10,
      { handshake: 'delayed' },
    ],
    [
      'accepted, and the carrier is full',
      [
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.room(0);
          },
        ],
        [
          30,
          (world) => {
            world.channel.accept();
          },
        ],
      ],
      'capacity',
      30,
      { handshake: 'answered' },
    ],
    [
      'offered, nobody answers, and the carrier is full',
      [
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.room(0);
          },
        ],
        [30, (world) => world.mux.channels$.subscribe()],
      ],
      'capacity',
      30,
      { handshake: 'answered' },
    ],
    [
      'offered, delayed: it goes on to wait',
      [
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [30, (world) => world.mux.channels$.subscribe((channel) => channel.delayHandshake())],
      ],
      'handshake',
      10,
      { handshake: 'delayed' },
    ],
    [
      'rejected, and the carrier is full',
      [
        ARRIVED,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.room(0);
          },
        ],
        [
          30,
          (world) => {
            world.channel.reject();
          },
        ],
      ],
      'capacity',
      30,
      { handshake: 'answered', outbound: 'ending', inbound: 'over' },
    ],
    [
      'the carrier has failed',
      [
        ...OPENED,
        FULL,
        [
          10,
          (world) => {
            world.give(5);
          },
        ],
        [
          20,
          (world) => {
            world.carrier.inbound$.error(new Error('cut'));
          },
        ],
      ],
      undefined,
      100,
      { outbound: 'ended', inbound: 'over', peerHandshake: 'come' },
    ],
    [
      'the carrier has failed before the answer',
      [
        OPEN,
        [
          20,
          (world) => {
            world.carrier.inbound$.error(new Error('cut'));
          },
        ],
      ],
      undefined,
      100,
      { peerHandshake: 'failed' },
    ],
    [
      'the peer has ended: this side goes on',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.end(0));
          },
        ],
      ],
      'credit',
      10,
      { inbound: 'over', outbound: 'open' },
    ],
    [
      'stopped',
      [
        [
          0,
          (world) => {
            world.say(wire.hello(50));
          },
        ],
        ...OPENED,
        [
          10,
          (world) => {
            world.give(150);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.stop(0));
          },
        ],
      ],
      undefined,
      100,
      { outbound: 'ended', inbound: 'paused' },
      EXTENSIONS,
    ],
    [
      'not answered, and what the peer takes before is used up',
      [
        [
          0,
          (world) => {
            world.say(wire.hello(50));
          },
        ],
        OPEN,
        [
          10,
          (world) => {
            world.give(60);
          },
        ],
      ],
      'handshake',
      10,
      { peerHandshake: 'awaited' },
      EXTENSIONS,
    ],
    [
      'not answered, and the carrier is full',
      [
        [
          0,
          (world) => {
            world.say(wire.hello(50));
          },
        ],
        OPEN,
        FULL,
        [
          10,
          (world) => {
            world.give(60);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.handshake(0, 100, 'hi'));
          },
        ],
      ],
      'capacity',
      10,
      { peerHandshake: 'come' },
      EXTENSIONS,
    ],
  ];

  it.each(table.map((row) => ({ state: row[0], row })))('$state', async ({ row }) => {
    const [, steps, by, since, states, options] = row;
    const stats = await statsAfter(steps, 100, options);
    expect([stats.blockedBy, stats.blockedFor]).toEqual([by, 100 - since]);
    expect(stats.states).toMatchObject(states);
  });

  it('counts from when the last bytes left', async () => {
    const world = new World();
    world.open();
    world.say(wire.handshake(0, 100_000));
    await world.carrier.hears();
    world.room(0);
    world.give(80_000); // more than a turn
    world.scheduler.frame = START + 20;
    const write = world.carrier.write.bind(world.carrier);
    jest.spyOn(world.carrier, 'write').mockImplementation((chunks) => {
      write(chunks);
      world.room(0);
    });
    world.room(1);
    await world.carrier.hears();
    world.scheduler.frame = START + 50;
    const { queued, sent, blockedBy, blockedFor } = world.channel.stats();
    expect([queued, sent, blockedBy, blockedFor]).toEqual([14_464, 65_536, 'capacity', 30]);
  });

  it('says that a channel is being offered while it is', () => {
    const world = new World();
    const seen: string[] = [];
    world.mux.channels$.subscribe((channel) => {
      seen.push(channel.stats().states.handshake);
      channel.accept();
      seen.push(channel.stats().states.handshake);
    });
    world.arrive();
    expect(seen).toEqual(['offered', 'answered']);
  });
});

describe('channel.stats() tells what lies unread, and since when', () => {
  const acks: (() => void)[] = [];
  const table: readonly (readonly [
    state: string,
    steps: readonly Step[],
    unread: number,
    since: number,
    inbound: ChannelStates['inbound'],
    consumed: number,
  ])[] = [
    ['paused, nothing has come', OPENED, 0, 100, 'paused', 0],
    [
      'flowing, nothing has come',
      [...OPENED, [10, (world) => world.channel.inbound$.subscribe()]],
      0,
      100,
      'flowing',
      0,
    ],
    [
      'paused, bytes wait',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.send(5, 10);
          },
        ],
      ],
      10,
      10,
      'paused',
      0,
    ],
    [
      'flowing',
      [
        ...OPENED,
        [10, (world) => world.channel.inbound$.subscribe()],
        [
          20,
          (world) => {
            world.send(5, 5);
          },
        ],
      ],
      0,
      100,
      'flowing',
      5,
    ],
    [
      'read, and paused again',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [20, (world) => world.channel.inbound$.subscribe()],
        [
          21,
          (world) => {
            world.send(5, 10);
          },
        ],
      ],
      0,
      100,
      'flowing',
      10,
    ],
    [
      'given, and not acknowledged',
      [
        ...OPENED,
        [5, (world) => world.channel.deliveries$.subscribe(({ ack }) => acks.push(ack))],
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.send(5, 10);
          },
        ],
      ],
      10,
      10,
      'flowing',
      0,
    ],
    [
      'given, some of it acknowledged',
      [
        ...OPENED,
        [5, (world) => world.channel.deliveries$.subscribe(({ ack }) => acks.push(ack))],
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.send(3, 8);
          },
        ],
        [30, () => acks.shift()?.()],
      ],
      3,
      30,
      'flowing',
      5,
    ],
    [
      'all acknowledged, and new bytes have come',
      [
        ...OPENED,
        [5, (world) => world.channel.deliveries$.subscribe(({ ack }) => acks.push(ack))],
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [30, () => acks.shift()?.()],
        [
          40,
          (world) => {
            world.send(3, 8);
          },
        ],
      ],
      3,
      40,
      'flowing',
      5,
    ],
    [
      'ending',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.end(0));
          },
        ],
      ],
      5,
      10,
      'ending',
      0,
    ],
    [
      'ending, and subscribed to in the same turn',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.end(0));
          },
        ],
        [30, (world) => world.channel.inbound$.subscribe()],
      ],
      0,
      100,
      'over',
      5,
    ],
    [
      'cancelled',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.channel.cancel();
          },
        ],
        [
          30,
          (world) => {
            world.send(5, 10);
          },
        ],
      ],
      0,
      100,
      'cancelled',
      10,
    ],
    [
      'over',
      [
        ...OPENED,
        [
          20,
          (world) => {
            world.say(wire.end(0));
          },
        ],
      ],
      0,
      100,
      'over',
      0,
    ],
    [
      'removed, bytes wait',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.say(wire.end(0));
          },
        ],
        [
          30,
          (world) => {
            world.channel.outbound$.complete();
          },
        ],
      ],
      5,
      10,
      'ending',
      0,
    ],
    [
      'the carrier has gone, bytes wait',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.carrier.inbound$.complete();
          },
        ],
      ],
      5,
      10,
      'ending',
      0,
    ],
    [
      'destroyed',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.channel.destroy();
          },
        ],
      ],
      0,
      100,
      'over',
      5,
    ],
    [
      'the mux is destroyed',
      [
        ...OPENED,
        [
          10,
          (world) => {
            world.send(5, 5);
          },
        ],
        [
          20,
          (world) => {
            world.mux.destroy();
          },
        ],
      ],
      0,
      100,
      'over',
      5,
    ],
  ];

  afterEach(() => {
    acks.length = 0;
  });

  it.each(table)('%s', async (_state, steps, unread, since, inbound, consumed) => {
    const stats = await statsAfter(steps, 100);
    expect([stats.unread, stats.unreadFor]).toEqual([unread, 100 - since]);
    expect(stats.states.inbound).toBe(inbound);
    expect([stats.received, stats.consumed]).toEqual([unread + consumed, consumed]);
  });
});

describe('channel.stats()', () => {
  it('says of a channel that went with its mux that it has ended, and waits for nothing', () => {
    const world = new World();
    world.open();
    world.give(10);
    world.channel.outbound$.complete();
    expect(world.channel.stats()).toMatchObject({ blockedBy: 'capacity', states: { outbound: 'ending' } });
    world.mux.destroy();
    expect(world.gone.stats()).toMatchObject({
      queued: 0,
      blockedBy: undefined,
      states: { outbound: 'ended', inbound: 'over' },
    });
  });

  it('says who it is, when it was opened, and how much has gone which way', async () => {
    const stats = await statsAfter(
      [
        [
          7,
          (world) => {
            world.open({ priority: 1, weight: 5, highWaterMark: 1000, label: 'prices' });
          },
        ],
        [
          10,
          (world) => {
            world.say(wire.handshake(0, 100));
          },
        ],
        [
          20,
          (world) => {
            world.give(120);
          },
        ],
        [
          30,
          (world) => {
            world.send(10, 10);
          },
        ],
        [
          40,
          (world) => {
            world.say(wire.status(0, 0, 60));
          },
        ],
      ],
      50,
    );
    expect(stats).toEqual({
      id: 0,
      openedBy: 'local',
      label: 'prices',
      openedAt: START + 7,
      received: 10,
      consumed: 0,
      unread: 10,
      unreadFor: 20,
      receiveWindow: 990,
      sent: 100,
      acknowledged: 60,
      queued: 20,
      sendWindow: 0,
      priority: 1,
      weight: 5,
      blockedBy: 'credit',
      blockedFor: 30,
      states: { inbound: 'paused', outbound: 'open', handshake: 'answered', peerHandshake: 'come' },
    });
  });

  it('changes nothing: it asks for no bytes, and grants none', async () => {
    const world = new World();
    world.open();
    await world.carrier.hears();
    world.say(wire.handshake(0, 100));
    world.send(65_536, 65_536);
    await world.carrier.hears();
    for (let i = 0; i < 3; i += 1) {
      world.channel.stats();
      world.mux.stats();
    }
    expect(await world.carrier.hears()).toEqual([]);
    expect(world.channel.inbound$.observed).toBe(false);
    expect(world.channel.stats().unread).toBe(65_536);
  });

  it('is negative nowhere where the peer has sent too much', async () => {
    const world = new World({ peerChannelOptions: { checkReadOverflow: false, highWaterMark: 4 } });
    world.mux.channels$.subscribe();
    world.arrive();
    await world.carrier.hears();
    world.send(10, 10);
    const { receiveWindow, unread } = world.channel.stats();
    expect([receiveWindow, unread]).toEqual([0, 10]);
  });

  it('looks up the time of the system, where nobody has said another', () => {
    const before = Date.now();
    const { openedAt, blockedFor } = new Mux(new TestCarrier(), PLAIN_WIRE).open().stats();
    expect(openedAt).toBeGreaterThanOrEqual(before - 1);
    expect(openedAt).toBeLessThanOrEqual(Date.now() + 1);
    expect(blockedFor).toBe(0);
  });

  describe('names a channel', () => {
    const LONG = 'x'.repeat(65);
    it.each<[string, string | Uint8Array, ChannelOptions | undefined, string | undefined]>([
      ['by the option label', 'data', { label: 'mine' }, 'mine'],
      ['by its handshake data', 'prices of ACME', undefined, 'prices of ACME'],
      ['by its handshake data in bytes', Buffer.from('Größe'), undefined, 'Größe'],
      ['by bytes that begin with the first letter that shows', Buffer.from(' x'), undefined, ' x'],
      ['not at all without data', '', undefined, undefined],
      ['not at all where that is long', LONG, undefined, undefined],
      ['not at all where that is long in bytes', Buffer.from(LONG), undefined, undefined],
      ['not at all where that is long in UTF-8', 'ß'.repeat(33), undefined, undefined],
      ['not at all where it has control characters', 'two\nlines', undefined, undefined],
      ['not at all where it is no text', Uint8Array.of(0xff, 0xfe, 65), undefined, undefined],
    ])('%s', (_how, data, options, label) => {
      const { mux } = new World();
      expect(mux.open(data, options).stats().label).toBe(label);
    });

    it.each<[string, MuxOptions, string | undefined]>([
      ['as its opener says', {}, '{"id":7}'],
      [
        'as its opener says, whatever is made of that',
        { parseHandshake: (data) => JSON.parse(String(data)) as Buffer },
        '{"id":7}',
      ],
      ['as this side says', { peerChannelOptions: { label: 'theirs' } }, 'theirs'],
    ])('of the peer’s %s', (_how, options, label) => {
      const world = new World(options);
      world.say(wire.handshake(0, 100, '{"id":7}'));
      expect(world.channel.stats().label).toBe(label);
    });

    it('of its own not by the answer', async () => {
      const world = new World();
      world.open();
      world.say(wire.handshake(0, 100, 'welcome'));
      expect(world.channel.stats().label).toBeUndefined();
    });

    it('and throws where the label is no string', () => {
      const { mux } = new World();
      expect(() => mux.open('', { label: 5 as unknown as string })).toThrow(
        new TypeError('options.label must be a string, got 5'),
      );
    });
  });
});
