import fc from 'fast-check';
import { ProtocolError } from '../../src/errors.js';
import { decodeHeader, encodeHeader, headerSize } from '../../src/protocol/codec.js';
import {
  decodeExtension,
  encodeExtension,
  type Extension,
  extensionSize,
} from '../../src/protocol/extension.js';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** As it is sent: cut, and `undefined` rather than empty. */
const reason = fc.oneof(
  fc.constant(undefined),
  fc.record({
    code: fc.string({ unit: fc.constantFrom('a', '€'), minLength: 1, maxLength: 85 }),
    message: fc.string({ unit: fc.constantFrom('b', '😀'), maxLength: 256 }),
  }),
);

const extension: fc.Arbitrary<Extension> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), version: fc.nat(255), window: u32 }),
  fc.record({
    type: fc.constantFrom('stop' as const, 'refuse' as const, 'reason' as const),
    channel: u32,
    reason,
  }),
  fc.record({ type: fc.constantFrom('ping' as const, 'pong' as const), id: u32 }),
  fc.record({ type: fc.constant('ping' as const), id: u32, isTimed: fc.constant(true as const) }),
  fc.record({ type: fc.constant('pong' as const), id: u32, at: u32 }),
  fc.record({ type: fc.constant('goAway' as const), reason }),
);

const channel = 0x0102_0304;
const why = { code: 'A', message: 'b' };

const wire: readonly [name: string, message: Extension, hex: string, least: number][] = [
  ['HELLO', { type: 'hello', version: 1, window: 0x0a0b_0c0d }, '07 00 01 0a0b0c0d', 7],
  ['STOP', { type: 'stop', channel, reason: why }, '07 01 01020304 01 41 0001 62', 6],
  ['STOP without a reason', { type: 'stop', channel, reason: undefined }, '07 01 01020304 00 0000', 6],
  ['REFUSE', { type: 'refuse', channel, reason: why }, '07 02 01020304 01 41 0001 62', 6],
  ['REASON', { type: 'reason', channel, reason: why }, '07 03 01020304 01 41 0001 62', 6],
  ['PING', { type: 'ping', id: 0xffff_ffff }, '07 04 ffffffff', 6],
  ['PING that asks for the time', { type: 'ping', id: 1, isTimed: true }, '07 04 00000001 74', 6],
  ['PONG', { type: 'pong', id: 1 }, '07 05 00000001', 6],
  ['PONG with the time', { type: 'pong', id: 1, at: 0xfedc_ba98 }, '07 05 00000001 fedcba98', 6],
  ['GOAWAY', { type: 'goAway', reason: why }, '07 06 01 41 0001 62', 2],
];

const fromHex = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function encoded(message: Extension): Buffer {
  const bytes = Buffer.alloc(headerSize(message));
  encodeHeader(message, bytes, 0);
  return bytes;
}

describe('an extension of the protocol', () => {
  it.each(wire)('is carried byte for byte: %s', (_name, message, hex) => {
    expect(encoded(message)).toEqual(fromHex(hex));
    expect(extensionSize(message)).toBe(fromHex(hex).length);
    expect(decodeHeader(fromHex(hex), 0, undefined, true)).toEqual(message);
  });

  it.each(wire)('is a keep-alive to a side that knows none: %s', (_name, _message, hex) => {
    expect(decodeHeader(fromHex(hex))).toEqual({ type: 7 });
  });

  it('comes back as it was, wherever it is', () => {
    fc.assert(
      fc.property(extension, fc.nat(20), (message, at) => {
        const memory = Buffer.alloc(at + extensionSize(message) + 20, 0x74); // which asks for the time, in a PING
        memory[at] = 7;
        encodeExtension(message, memory, at);
        const end = at + extensionSize(message);
        expect(decodeExtension(memory, at, end)).toEqual(message);
        expect(memory.subarray(0, at).every((byte) => byte === 0x74)).toBe(true);
        expect(memory.subarray(end).every((byte) => byte === 0x74)).toBe(true);
      }),
    );
  });

  it('is the same with bytes beyond its body', () => {
    fc.assert(
      fc.property(extension, fc.uint8Array({ maxLength: 30 }), (message, beyond) => {
        fc.pre(message.type !== 'pong' || 'at' in message || beyond.length < 4);
        fc.pre(message.type !== 'ping' || beyond[0] !== 0x74);
        const bytes = Buffer.concat([encoded(message), beyond]);
        expect(decodeHeader(bytes, 0, bytes.length, true)).toEqual(message);
      }),
    );
  });

  it('asks for the time by one mark, and by nothing else behind a PING', () => {
    const asks = Array.from({ length: 256 }, (_, mark) => mark).filter((mark) => {
      const message = decodeHeader(Buffer.of(7, 4, 0, 0, 0, 1, mark), 0, 7, true);
      return 'isTimed' in message;
    });
    expect(asks).toEqual([0x74]);
  });

  it.each(wire)('needs its body: %s', (_name, { type }, hex, least) => {
    const bytes = fromHex(hex);
    for (let length = 2; length < least; length += 1) {
      expect(decodeHeader(bytes, 0, length, true)).toEqual({
        type: 'invalid',
        error: new ProtocolError(`short ${type}: ${length - 2} < ${least - 2}`),
      });
    }
    expect(decodeHeader(bytes, 0, least, true)).toMatchObject({ type });
  });

  it('has no reason where that is cut off', () => {
    const bytes = fromHex('07 01 01020304 01 41 0001');
    expect(decodeHeader(bytes, 0, bytes.length, true)).toEqual({ type: 'stop', channel, reason: undefined });
  });

  it('has no time where that is cut off', () => {
    const bytes = fromHex('07 05 00000001 fedcba98');
    for (let length = 6; length < 10; length += 1) {
      expect(decodeHeader(bytes, 0, length, true)).toEqual({ type: 'pong', id: 1 });
    }
  });

  it('is nothing but a sign of life where its kind is not known', () => {
    for (let kind = 7; kind <= 255; kind += 1) {
      expect(decodeHeader(Buffer.of(7, kind, 1, 2), 0, 4, true)).toEqual({ type: 'unknownExtension' });
    }
    expect(decodeHeader(Buffer.of(7), 0, 1, true)).toEqual({ type: 7 });
  });

  it('throws nothing, whatever the peer sends', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), (body) => {
        const bytes = Buffer.concat([Buffer.of(7), body]);
        expect(() => decodeHeader(bytes, 0, bytes.length, true)).not.toThrow();
      }),
    );
  });
});
