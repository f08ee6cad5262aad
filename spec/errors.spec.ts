import {
  CarrierEndedError,
  CarrierFinishedError,
  HeaderTooBigError,
  KeepAliveTimeoutError,
  MuxClosedError,
  MuxError,
  type MuxErrorOptions,
  MuxFullError,
  PeerError,
  ProtocolError,
  ReadOverflowError,
} from '../src/index.js';

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

describe('errors of the carrier', () => {
  it.each([new CarrierEndedError(), new CarrierFinishedError()])('say so with carrierDone: %s', (error) => {
    expect(error.carrierDone).toBe(true);
  });

  it('are the only ones to say so', () => {
    expect(errors.filter(([, , , create]) => 'carrierDone' in create()).map(([name]) => name)).toEqual([
      'CarrierEndedError',
      'CarrierFinishedError',
    ]);
  });
});
