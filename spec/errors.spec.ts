import { types } from 'node:util';
import {
  CarrierEndedError,
  CarrierFinishedError,
  ChannelError,
  HeaderTooBigError,
  KeepAliveTimeoutError,
  MuxClosedError,
  MuxError,
  type MuxErrorOptions,
  MuxFullError,
  OverflowError,
  PeerError,
  ProtocolError,
  ReadOverflowError,
  StoppedError,
} from '../src/index.js';
import { MessageTooBigError } from '../src/messages.js';
import { SessionLostError } from '../src/resume.js';

const errors: readonly [
  name: string,
  code: string,
  message: string,
  create: (options?: MuxErrorOptions) => MuxError,
][] = [
  ['ProtocolError', 'ERR_RXMUX_PROTOCOL', 'what is wrong', (o) => new ProtocolError('what is wrong', o)],
  ['HeaderTooBigError', 'ERR_RXMUX_HEADER_TOO_BIG', 'header too big', (o) => new HeaderTooBigError(o)],
  ['ReadOverflowError', 'ERR_RXMUX_READ_OVERFLOW', 'too much data', (o) => new ReadOverflowError(o)],
  ['PeerError', 'ERR_RXMUX_PEER', 'peer error', (o) => new PeerError(o)],
  [
    'CarrierEndedError',
    'ERR_RXMUX_CARRIER_ENDED',
    'carrier stream ended before end message received',
    (o) => new CarrierEndedError(o),
  ],
  [
    'CarrierFinishedError',
    'ERR_RXMUX_CARRIER_FINISHED',
    'carrier stream finished before duplex finished',
    (o) => new CarrierFinishedError(o),
  ],
  ['MuxFullError', 'ERR_RXMUX_FULL', 'full', (o) => new MuxFullError(o)],
  ['MuxClosedError', 'ERR_RXMUX_CLOSED', 'closed', (o) => new MuxClosedError(o)],
  [
    'KeepAliveTimeoutError',
    'ERR_RXMUX_KEEP_ALIVE_TIMEOUT',
    'nothing came from the peer for 500 ms',
    (o) => new KeepAliveTimeoutError(500, o),
  ],
  [
    'StoppedError',
    'ERR_RXMUX_STOPPED',
    'outbound$ takes no more: the peer has stopped it, or this side has ended it',
    (o) => new StoppedError(o),
  ],
  [
    'OverflowError',
    'ERR_RXMUX_OVERFLOW',
    'values came faster than the channel took them: more than 500 bytes of them wait',
    (o) => new OverflowError(500, o),
  ],
  [
    'MessageTooBigError',
    'ERR_RXMUX_MESSAGE_TOO_BIG',
    'a message of 501 bytes is larger than 500',
    (o) => new MessageTooBigError(501, 500, o),
  ],
  [
    'SessionLostError',
    'ERR_RXMUX_SESSION_LOST',
    'the session is lost: no connection',
    (o) => new SessionLostError('no connection', o),
  ],
  [
    'MuxError',
    'ERR_RXMUX_PARSE_HANDSHAKE',
    'parseHandshake failed',
    (o) => new MuxError('ERR_RXMUX_PARSE_HANDSHAKE', 'parseHandshake failed', o),
  ],
];

describe.each(errors)('%s', (name, code, message, create) => {
  it('can be told by its class, its name, its code and its message', () => {
    const error = create();
    expect(error).toBeInstanceOf(Error);
    expect(error).toBeInstanceOf(MuxError);
    expect(error.constructor.name).toBe(name);
    expect(error).toMatchObject({ name, code, message });
    expect(error.stack).toContain(message);
  });

  it('is about no channel and has no cause unless it was told one', () => {
    const error = create();
    expect(error.channelId).toBeUndefined();
    expect('cause' in error).toBe(false);
  });

  it('names its channel, 0 included, and its cause', () => {
    const cause = new Error('behind it');
    const error = create({ channelId: 0, cause });
    expect(error.channelId).toBe(0);
    expect(error.cause).toBe(cause);
  });
});

describe.each(errors)('%s, as one channel hears of it', (_name, _code, _message, create) => {
  it('is the same but for the channel', () => {
    const error = create({ cause: new Error('behind it') });
    const ofChannel = error.forChannel(0);
    expect(ofChannel).not.toBe(error);
    expect(Object.getPrototypeOf(ofChannel)).toBe(Object.getPrototypeOf(error));
    expect(ofChannel.channelId).toBe(0);
    expect(error.channelId).toBeUndefined();
    // With what is shown of it, in the same order.
    expect(Object.entries(ofChannel)).toEqual(Object.entries({ ...(error as object), channelId: 0 }));
    const { name, code, message, cause, stack } = error;
    expect(ofChannel).toMatchObject({ name, code, message, cause, stack });
  });

  it('is a real Error, with a stack, which can be cloned', () => {
    const ofChannel = create().forChannel(7);
    expect(types.isNativeError(ofChannel)).toBe(true);
    expect(ofChannel.stack).toContain('errors.spec');
    expect(structuredClone(ofChannel)).toMatchObject({ message: ofChannel.message });
    expect('cause' in ofChannel).toBe(false);
  });

  it('is itself where it is about this channel, and another where it is about another', () => {
    const error = create({ channelId: 7 });
    expect(error.forChannel(7)).toBe(error);
    expect(error.forChannel(8).channelId).toBe(8);
    expect(error.channelId).toBe(7);
  });
});

describe('errors that tell of an end', () => {
  it.each([CarrierEndedError, CarrierFinishedError, MuxClosedError])('take other words: %p', (Class) => {
    expect(new Class({ message: 'no channel can be opened', channelId: 7 })).toMatchObject({
      name: Class.name,
      message: 'no channel can be opened',
      channelId: 7,
    });
  });
});

describe('OverflowError', () => {
  it('says how much may wait', () => {
    expect(new OverflowError(500).limit).toBe(500);
  });
});

describe('errors of the carrier', () => {
  it.each([new CarrierEndedError(), new CarrierFinishedError(), new SessionLostError('no connection')])(
    'say so with carrierDone: %s',
    (error) => {
      expect(error.carrierDone).toBe(true);
    },
  );

  it('are the only ones to say so', () => {
    expect(errors.filter(([, , , create]) => 'carrierDone' in create()).map(([name]) => name)).toEqual([
      'CarrierEndedError',
      'CarrierFinishedError',
      'SessionLostError',
    ]);
  });
});

describe('ChannelError', () => {
  it('is what the application makes it', () => {
    const cause = new Error('deep');
    const error = new ChannelError('QUOTA', 'too much', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(MuxError);
    expect(error).toMatchObject({ name: 'ChannelError', code: 'QUOTA', message: 'too much', cause });
  });

  it('takes no code that could not be sent', () => {
    expect(() => new ChannelError(404 as unknown as string, 'not found')).toThrow(
      new TypeError('the code of a ChannelError must be a string, got number'),
    );
  });
});

describe('what the peer has said', () => {
  const reason = { code: 'QUOTA', message: 'too much' };

  it('is the reason of PeerError, with the code in its words', () => {
    expect(new PeerError({ reason, channelId: 1 })).toMatchObject({
      reason,
      channelId: 1,
      message: 'peer error: QUOTA',
    });
    expect(new PeerError().reason).toBeUndefined();
  });

  it('is the reason of StoppedError', () => {
    expect(new StoppedError({ reason })).toMatchObject({ reason });
    expect(new StoppedError().reason).toBeUndefined();
    expect(new StoppedError({ reason }).forChannel(3)).toMatchObject({ reason, channelId: 3 });
  });
});
