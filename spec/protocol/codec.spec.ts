import fc from 'fast-check';
import { type MuxError, ProtocolError } from '../../src/index.js';
import { decodeHeader, encodeHeader, HANDSHAKE_SIZE, headerSize } from '../../src/protocol/codec.js';
import { type Message, MessageType } from '../../src/protocol/message.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constantFrom(MessageType.end, MessageType.errorEnd), channel: u32 }),
  fc.record({
    type: fc.constant(MessageType.handshake),
    channel: u32,
    free: u32,
    data: bytes(0, 300),
  }),
  fc.record({
    type: fc.constantFrom(MessageType.status, MessageType.finishedStatus, MessageType.preHandshake),
    channel: u32,
    free: u32,
    seq: u32,
  }),
  fc.record({ type: fc.constant(MessageType.data), channel: u32, seq: u32 }),
  fc.record({ type: fc.constant(MessageType.keepAlive) }),
);

const channel = 0x0102_0304;
const free = 0x1112_1314;
const seq = 0x2122_2324;

const wire: readonly [name: string, message: Message, hex: string][] = [
  ['END', { type: 0, channel }, '00 01020304'],
  ['HANDSHAKE with data', { type: 1, channel, free, data: Buffer.from('hi') }, '01 01020304 11121314 6869'],
  ['HANDSHAKE without data', { type: 1, channel, free, data: Buffer.alloc(0) }, '01 01020304 11121314'],
  ['STATUS', { type: 2, channel, free, seq }, '02 01020304 11121314 21222324'],
  ['STATUS at the start', { type: 2, channel, free, seq: 0 }, '02 01020304 11121314 00000000'],
  ['FINISHED_STATUS', { type: 3, channel, free, seq }, '03 01020304 11121314 21222324'],
  ['FINISHED_STATUS at the start', { type: 3, channel, free, seq: 0 }, '03 01020304 11121314 00000000'],
  ['DATA', { type: 4, channel, seq }, '04 01020304 21222324'],
  ['PRE_HANDSHAKE at the start', { type: 5, channel, free, seq: 0 }, '05 01020304 11121314'],
  ['PRE_HANDSHAKE after bytes', { type: 5, channel, free, seq }, '05 01020304 11121314 21222324'],
  ['ERROR_END', { type: 6, channel }, '06 01020304'],
  ['KEEP_ALIVE', { type: 7 }, '07'],
  [
    'the largest numbers',
    { type: 2, channel: 0xffff_ffff, free: 0xffff_ffff, seq: 0xffff_ffff },
    '02 ffffffff ffffffff ffffffff',
  ],
];

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** The header frame of `message`. */
function encoded(message: Message): Buffer {
  const bytes = Buffer.alloc(headerSize(message));
  encodeHeader(message, bytes, 0);
  return bytes;
}

/** What `decode` throws. */
/** What is wrong with a header, where something is. */
function errorOf(message: ReturnType<typeof decodeHeader>): MuxError | undefined {
  return message.type === 'invalid' ? message.error : undefined;
}

describe('the wire', () => {
  it.each(wire)('carries %s byte for byte', (_name, decoded, hex) => {
    expect(encoded(decoded)).toEqual(fromHex(hex));
    expect(decodeHeader(fromHex(hex))).toEqual(decoded);
  });

  it('gives back every message as it was', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(decodeHeader(encoded(sent))).toEqual(sent);
      }),
    );
  });

  it('puts the data of a HANDSHAKE after its first 9 bytes', () => {
    const data = Buffer.from('data');
    const header = encoded({ type: MessageType.handshake, channel, free, data });
    expect(HANDSHAKE_SIZE).toBe(9);
    expect(header.subarray(HANDSHAKE_SIZE)).toEqual(data);
  });

  it('takes the data of a HANDSHAKE from any Uint8Array, views included', () => {
    const data = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect(encoded({ type: MessageType.handshake, channel, free, data }).subarray(9)).toEqual(
      Buffer.of(2, 3),
    );
  });
});

describe('encodeHeader', () => {
  it('does not share memory with the data of a HANDSHAKE', () => {
    const data = Buffer.from('before');
    const header = encoded({ type: MessageType.handshake, channel, free, data });
    data.fill('x');
    expect(header.subarray(9).toString()).toBe('before');
  });

  it('writes as many bytes as headerSize says, where it is told to, and leaves those around them alone', () => {
    fc.assert(
      fc.property(message, fc.nat(20), fc.constantFrom(0x00, 0xff), (sent, at, before) => {
        const header = encoded(sent);
        const memory = Buffer.alloc(at + header.length + 20, before);
        encodeHeader(sent, memory, at);
        const around = (length: number): Buffer => Buffer.alloc(length, before);
        expect(memory).toEqual(Buffer.concat([around(at), header, around(20)]));
      }),
    );
  });
});

describe('decodeHeader', () => {
  it('copies the data of a HANDSHAKE out of the carrier’s bytes', () => {
    const carried = fromHex('01 01020304 11121314 6869');
    const decoded = decodeHeader(carried);
    carried.fill(0);
    expect(decoded).toEqual({ type: 1, channel, free, data: Buffer.from('hi') });
  });

  it('reads from `start` to `end`, whatever is around', () => {
    fc.assert(
      fc.property(message, bytes(0, 20), bytes(0, 20), (sent, before, after) => {
        const header = encoded(sent);
        const end = before.length + header.length;
        const memory = Buffer.concat([before, header, after]);
        expect(decodeHeader(memory, before.length, end)).toEqual(sent);
      }),
    );
  });

  it.each([13, 14, 20])('reads the seq of a PRE_HANDSHAKE of %i bytes', (length) => {
    const bytes = Buffer.concat([fromHex('05 01020304 11121314 21222324'), Buffer.alloc(7, 0xff)], length);
    expect(decodeHeader(bytes)).toEqual({ type: 5, channel, free, seq });
  });

  it.each([9, 10, 11, 12])('takes the seq of a PRE_HANDSHAKE of %i bytes for 0', (length) => {
    const bytes = Buffer.concat([fromHex('05 01020304 11121314'), Buffer.alloc(3, 0xff)], length);
    expect(decodeHeader(bytes)).toEqual({ type: 5, channel, free, seq: 0 });
  });

  it('ignores what comes after a message', () => {
    const closed = message.filter(
      (sent) =>
        sent.type !== MessageType.handshake && !(sent.type === MessageType.preHandshake && sent.seq === 0),
    );
    fc.assert(
      fc.property(closed, bytes(1, 30), (sent, rest) => {
        expect(decodeHeader(Buffer.concat([encoded(sent), rest]))).toEqual(sent);
      }),
    );
  });

  const lengths: readonly [name: string, type: number, length: number][] = [
    ['END', 0, 5],
    ['HANDSHAKE', 1, 9],
    ['STATUS', 2, 13],
    ['FINISHED_STATUS', 3, 13],
    ['DATA', 4, 9],
    ['PRE_HANDSHAKE', 5, 9],
    ['ERROR_END', 6, 5],
  ];

  describe.each(lengths)('of a short %s', (_name, type, needed) => {
    const whole = Buffer.concat([Buffer.of(type), fromHex('01020304 11121314 21222324')]);

    it('names the length it got and the length it needs, whatever is missing', () => {
      for (let length = 0; length < needed; length += 1) {
        const hasChannel = length >= 5;
        const error = errorOf(decodeHeader(whole, 0, length));
        expect(error).toBeInstanceOf(ProtocolError);
        expect(error).toMatchObject({
          message: `short buffer length ${length} < ${hasChannel ? needed : 5}`,
          code: 'ERR_RXMUX_PROTOCOL',
          channelId: hasChannel ? channel : undefined,
        });
      }
    });

    it('is content with the length it needs', () => {
      expect(decodeHeader(whole.subarray(0, needed))).toMatchObject({ type, channel });
    });
  });

  it('names every type that it does not know, with the channel', () => {
    for (let type = 8; type <= 0xff; type += 1) {
      const error = errorOf(decodeHeader(Buffer.of(type, 1, 2, 3, 4)));
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).toMatchObject({ message: `unknown type: ${type}`, channelId: channel });
    }
  });

  it('throws nothing, whatever the peer sends', () => {
    fc.assert(
      fc.property(bytes(0, 20), (sent) => {
        expect([undefined, ProtocolError]).toContain(errorOf(decodeHeader(sent))?.constructor);
      }),
      { numRuns: 1000 },
    );
  });
});
