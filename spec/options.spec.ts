import { asyncScheduler, VirtualTimeScheduler } from 'rxjs';
import type { ChannelOptions, MuxOptions } from '../src/index.js';
import { channelSettings, handshakeData, muxSettings } from '../src/options.js';

const CHANNEL_DEFAULTS = {
  channel: undefined,
  highWaterMark: 65_536,
  maxHighWaterMark: 16_777_216,
  sendHighWaterMark: 262_144,
  maxWriteSize: 0,
  checkReadOverflow: true,
  priority: 3,
  weight: 16,
};

const MAX = 0xffff_ffff;
const MAX_WINDOW = 0x7fff_ffff;
const nothing = (): void => undefined;

/** An option, a value that it does not take, and what the error says after the option's path. */
type Refusal = readonly [option: string, given: unknown, says: string];

const numberRefusals = (option: string, takes: string, ...outside: readonly number[]): Refusal[] => [
  ...[...outside, -1, 1.5, NaN, Infinity, -Infinity].map((given): Refusal => [
    option,
    given,
    `must be a whole number ${takes}, got ${given}`,
  ]),
  [option, '1', "must be a number, got '1'"],
  [option, true, 'must be a number, got true'],
  [option, null, 'must be a number, got null'],
  [option, () => 1, 'must be a number, got a function'],
  [option, {}, 'must be a number, got an object'],
];

const flagRefusals = (option: string): Refusal[] => [
  [option, 1, 'must be true or false, got 1'],
  [option, 'false', "must be true or false, got 'false'"],
  [option, {}, 'must be true or false, got an object'],
];

const functionRefusals = (option: string): Refusal[] => [
  [option, 'text', "must be a function, got 'text'"],
  [option, {}, 'must be a function, got an object'],
  [option, null, 'must be a function, got null'],
];

const delayRefusals = (option: string): Refusal[] => [
  ...[0, -1, 1.5, NaN, Infinity, 2 ** 31].map((given): Refusal => [
    option,
    given,
    `must be a whole number 1 … ${MAX_WINDOW} or false, got ${given}`,
  ]),
  [option, true, 'must be a number of milliseconds or false, got true'],
  [option, '1', "must be a number of milliseconds or false, got '1'"],
  [option, {}, 'must be a number of milliseconds or false, got an object'],
];

const objectRefusals = (option: string): Refusal[] => [
  [option, 'text', "must be an object, got 'text'"],
  [option, 1, 'must be an object, got 1'],
  [option, null, 'must be an object, got null'],
];

const channelRefusals: readonly Refusal[] = [
  ...numberRefusals('channel', `0 … ${MAX}`, MAX + 1),
  ...numberRefusals('highWaterMark', `1 … ${MAX_WINDOW}`, 0, MAX_WINDOW + 1),
  ...numberRefusals('maxHighWaterMark', `1 … ${MAX_WINDOW}`, 0, MAX_WINDOW + 1),
  ...numberRefusals('sendHighWaterMark', 'from 1', 0, 2 ** 53),
  ...numberRefusals('maxWriteSize', 'from 0', 2 ** 53),
  ...flagRefusals('checkReadOverflow'),
];

/** The class that tells a number out of range from something that is no number. */
const errorOf = (says: string): typeof TypeError | typeof RangeError =>
  says.startsWith('must be a whole number') ? RangeError : TypeError;

describe('channelSettings', () => {
  it.each<[string, ChannelOptions | undefined]>([
    ['nothing', undefined],
    ['no option', {}],
    [
      'undefined',
      {
        channel: undefined,
        highWaterMark: undefined,
        maxHighWaterMark: undefined,
        sendHighWaterMark: undefined,
        maxWriteSize: undefined,
        checkReadOverflow: undefined,
      },
    ],
  ])('has the documented defaults where %s is given', (_what, options) => {
    expect(channelSettings(options)).toEqual(CHANNEL_DEFAULTS);
  });

  it.each<ChannelOptions>([
    {
      channel: 0,
      highWaterMark: 1,
      maxHighWaterMark: 1,
      sendHighWaterMark: 1,
      maxWriteSize: 0,
      checkReadOverflow: false,
      priority: 0,
      weight: 1,
    },
    {
      channel: MAX,
      highWaterMark: MAX_WINDOW,
      maxHighWaterMark: MAX_WINDOW,
      sendHighWaterMark: Number.MAX_SAFE_INTEGER,
      maxWriteSize: Number.MAX_SAFE_INTEGER,
      checkReadOverflow: true,
      priority: 7,
      weight: 256,
    },
  ])('takes what is given, to the ends of the ranges: %p', (options) => {
    expect(channelSettings(options)).toEqual(options);
  });

  it('takes a window that is larger than it may grow to: one that keeps its size', () => {
    const options = { highWaterMark: 2, maxHighWaterMark: 1 };
    expect(channelSettings(options)).toMatchObject(options);
  });

  it('refuses an option that does not exist', () => {
    expect(() => channelSettings({ highWatermark: 4 } as ChannelOptions)).toThrow(
      new TypeError('options.highWatermark is not an option (did you mean highWaterMark?)'),
    );
  });

  it.each(channelRefusals)('refuses as %s what is %p', (option, given, says) => {
    const settings = (): unknown => channelSettings({ [option]: given });
    expect(settings).toThrow(errorOf(says));
    expect(settings).toThrow(new Error(`options.${option} ${says}`));
  });

  it.each(objectRefusals('options'))('refuses as %s what is %p', (option, given, says) => {
    expect(() => channelSettings(given as ChannelOptions)).toThrow(new TypeError(`${option} ${says}`));
  });
});

describe('muxSettings', () => {
  const { parseHandshake, ...defaults } = muxSettings(undefined);

  it('has the documented defaults', () => {
    expect(defaults).toEqual({
      maxMemory: 268_435_456,
      firstWindowBytes: 16_777_216,
      handshakeBytes: 16_777_216,
      rememberedNumbers: 65_536,
      highChannels: undefined,
      maxOpen: 16_384,
      acceptBacklog: 256,
      maxBufferedBytes: 33_554_432,
      maxHeaderSize: 65_536,
      keepAlive: 30_000,
      keepAliveTimeout: false,
      extensions: true,
      coalesceWrites: true,
      peerChannel: CHANNEL_DEFAULTS,
      framing: { lengthSize: 4 },
      scheduler: asyncScheduler,
    });
  });

  it('makes other defaults follow from maxMemory, which leave what is given as it is', () => {
    expect(muxSettings({ maxMemory: 1_048_576 })).toMatchObject({
      maxOpen: 64,
      maxBufferedBytes: 131_072,
      firstWindowBytes: 65_536,
      handshakeBytes: 65_536,
      rememberedNumbers: 256,
    });
    expect(muxSettings({ maxMemory: 1_048_577 })).toMatchObject({ maxOpen: 64, maxBufferedBytes: 131_072 });
    expect(muxSettings({ maxMemory: 2 ** 40 }).rememberedNumbers).toBe(65_536);
    const given = { maxMemory: 2_000_000, maxOpen: 1_000_000, maxBufferedBytes: 0 };
    expect(muxSettings(given)).toMatchObject({ ...given, firstWindowBytes: 125_000 });
  });

  it('leaves handshake data as it is by default', () => {
    const data = Buffer.from('data');
    expect(parseHandshake(data)).toBe(data);
  });

  it('has the defaults for what is not given, or undefined', () => {
    expect(muxSettings({})).toMatchObject(defaults);
    const given: Record<keyof MuxOptions, undefined> = {
      maxMemory: undefined,
      highChannels: undefined,
      maxOpen: undefined,
      acceptBacklog: undefined,
      maxBufferedBytes: undefined,
      maxHeaderSize: undefined,
      keepAlive: undefined,
      keepAliveTimeout: undefined,
      extensions: undefined,
      coalesceWrites: undefined,
      parseHandshake: undefined,
      peerChannelOptions: undefined,
      framing: undefined,
      scheduler: undefined,
    };
    expect(muxSettings(given)).toMatchObject(defaults);
    const framing = { lengthSize: undefined, getLength: undefined, setLength: undefined };
    expect(muxSettings({ framing })).toMatchObject(defaults);
  });

  it.each([
    ['options.maxOpn', 'maxOpen', { maxOpn: 4 }],
    ['options.keep_alive', 'keepAlive', { keep_alive: 4 }],
    ['options.framing.lengthsize', 'lengthSize', { framing: { lengthsize: 4 } }],
    [
      'options.peerChannelOptions.highWatermark',
      'highWaterMark',
      { peerChannelOptions: { highWatermark: 4 } },
    ],
  ])('refuses %s, which does not exist', (path, meant, options) => {
    expect(() => muxSettings(options as MuxOptions)).toThrow(
      new TypeError(`${path} is not an option (did you mean ${meant}?)`),
    );
  });

  it('refuses those of a channel, which go elsewhere', () => {
    expect(() => muxSettings({ highWaterMark: 4 } as MuxOptions)).toThrow(
      new TypeError('options.highWaterMark is not an option'),
    );
  });

  it.each<MuxOptions<string>>([
    {
      maxMemory: 1_048_576,
      highChannels: true,
      extensions: false,
      maxOpen: 0,
      acceptBacklog: 0,
      maxBufferedBytes: 0,
      maxHeaderSize: 0,
      keepAlive: 1,
      keepAliveTimeout: 1,
      coalesceWrites: false,
      parseHandshake: String,
      framing: { lengthSize: 1 },
      scheduler: new VirtualTimeScheduler(),
    },
    {
      maxMemory: Number.MAX_SAFE_INTEGER,
      maxOpen: Number.MAX_SAFE_INTEGER,
      acceptBacklog: Number.MAX_SAFE_INTEGER,
      maxBufferedBytes: Number.MAX_SAFE_INTEGER,
      maxHeaderSize: 9,
      keepAlive: MAX_WINDOW,
      keepAliveTimeout: MAX_WINDOW,
      framing: { lengthSize: 2 },
    },
    {
      maxHeaderSize: Number.MAX_SAFE_INTEGER,
      highChannels: false,
      extensions: true,
      keepAlive: false,
      keepAliveTimeout: false,
    },
  ])('takes what is given, to the ends of the ranges (%#)', (options) => {
    const settings = muxSettings(options);
    for (const [option, given] of Object.entries(options)) {
      expect(settings).toHaveProperty(option, given);
    }
  });

  it('takes settings for the peer’s channels', () => {
    const { peerChannel } = muxSettings({ peerChannelOptions: { highWaterMark: 5 } });
    expect(peerChannel).toEqual({ ...CHANNEL_DEFAULTS, highWaterMark: 5 });
  });

  const refusals: readonly Refusal[] = [
    ...numberRefusals('maxMemory', 'from 1048576', 0, 1_048_575, 2 ** 53),
    ...flagRefusals('highChannels'),
    ...numberRefusals('maxOpen', 'from 0', 2 ** 53),
    ...numberRefusals('acceptBacklog', 'from 0', 2 ** 53),
    ...numberRefusals('maxBufferedBytes', 'from 0', 2 ** 53),
    ...numberRefusals('maxHeaderSize', 'from 9 or 0', 1, 8, 2 ** 53),
    ...delayRefusals('keepAlive'),
    ...delayRefusals('keepAliveTimeout'),
    ...flagRefusals('coalesceWrites'),
    ...functionRefusals('parseHandshake'),
    ...objectRefusals('peerChannelOptions'),
    ...objectRefusals('framing'),
    ['scheduler', null, 'must be an RxJS scheduler, got null'],
    ['scheduler', 'text', "must be an RxJS scheduler, got 'text'"],
    ['scheduler', {}, 'must be an RxJS scheduler, got an object'],
    ['scheduler', { schedule: 1, now: nothing }, 'must be an RxJS scheduler, got an object'],
    ['scheduler', { schedule: nothing }, 'must be an RxJS scheduler, got an object'],
  ];

  it.each(refusals)('refuses as %s what is %p', (option, given, says) => {
    const settings = (): unknown => muxSettings({ [option]: given });
    expect(settings).toThrow(errorOf(says));
    expect(settings).toThrow(new Error(`options.${option} ${says}`));
  });

  it.each(channelRefusals)('refuses as peerChannelOptions.%s what is %p', (option, given, says) => {
    const settings = (): unknown => muxSettings({ peerChannelOptions: { [option]: given } });
    expect(settings).toThrow(errorOf(says));
    expect(settings).toThrow(new Error(`options.peerChannelOptions.${option} ${says}`));
  });

  it.each(objectRefusals('options'))('refuses as %s what is %p', (option, given, says) => {
    expect(() => muxSettings(given as MuxOptions)).toThrow(new TypeError(`${option} ${says}`));
  });

  describe('of framing', () => {
    const getLength = (bytes: Buffer): number => bytes.readUIntBE(0, 3);
    const setLength = (bytes: Buffer, length: number): number => bytes.writeUIntBE(length, 0, 3);

    it.each([1, 2, 4])('takes lengths of %i bytes', (lengthSize) => {
      expect(muxSettings({ framing: { lengthSize } }).framing).toEqual({ lengthSize });
    });

    it('reads and writes lengths of 4 bytes where their size is not given', () => {
      expect(muxSettings({ framing: { getLength, setLength } }).framing).toEqual({
        lengthSize: 4,
        getLength,
        setLength,
      });
    });

    it('takes one of the two functions alone, where lengths have 1, 2 or 4 bytes', () => {
      expect(muxSettings({ framing: { getLength } }).framing).toEqual({ lengthSize: 4, getLength });
      expect(muxSettings({ framing: { setLength } }).framing).toEqual({ lengthSize: 4, setLength });
    });

    it('takes lengths of any size that come with both functions', () => {
      const framing = { lengthSize: 3, getLength, setLength };
      expect(muxSettings({ framing }).framing).toEqual(framing);
    });

    it.each([
      ['neither function', {}],
      ['getLength alone', { getLength }],
      ['setLength alone', { setLength }],
    ])('refuses lengths of another size that come with %s', (_what, functions) => {
      expect(() => muxSettings({ framing: { lengthSize: 3, ...functions } })).toThrow(
        new RangeError(
          'options.framing.lengthSize must be 1, 2 or 4, unless getLength and setLength are given, got 3',
        ),
      );
    });

    it.each([
      ...numberRefusals('lengthSize', 'from 1', 0, 2 ** 53),
      ...functionRefusals('getLength'),
      ...functionRefusals('setLength'),
    ])('refuses as framing.%s what is %p', (option, given, says) => {
      const settings = (): unknown =>
        muxSettings({ framing: { getLength: () => 0, setLength: nothing, [option]: given } });
      expect(settings).toThrow(errorOf(says));
      expect(settings).toThrow(new Error(`options.framing.${option} ${says}`));
    });
  });
});

describe('handshakeData', () => {
  const framing = { lengthSize: 1 };

  it('is empty where nothing is given', () => {
    expect(handshakeData(undefined, framing)).toHaveLength(0);
  });

  it('takes bytes and strings', () => {
    expect(handshakeData('ä', framing)).toEqual(Buffer.from('c3a4', 'hex'));
    expect(handshakeData(new Uint8Array([1, 2]), framing)).toEqual(Buffer.of(1, 2));
  });

  it('takes as much as a frame can have besides the header', () => {
    expect(handshakeData(Buffer.alloc(246), framing)).toHaveLength(246);
    expect(() => handshakeData(Buffer.alloc(247), framing)).toThrow(
      new RangeError('handshake data must be at most 246 bytes, got 247'),
    );
    expect(handshakeData(Buffer.alloc(65_526), { lengthSize: 2 })).toHaveLength(65_526);
    expect(() => handshakeData('ä'.repeat(32_764), { lengthSize: 2 })).toThrow(
      new RangeError('handshake data must be at most 65526 bytes, got 65528'),
    );
  });

  it.each([[1], [{}]])('refuses %p', (given) => {
    const data = (): unknown => handshakeData(given as unknown as string, framing);
    expect(data).toThrow(TypeError);
    expect(data).toThrow(/^handshake data must be a Uint8Array or a string, got /);
  });
});
