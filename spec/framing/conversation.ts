import fc from 'fast-check';
import type { BadHandshakeMessage, ReceivedMessage } from '../../src/framing/message-reader.js';
import { encodeHeader, headerSize } from '../../src/protocol/codec.js';
import type { InvalidHeader } from '../../src/protocol/invalid-header.js';
import { type DataMessage, type Message, MessageType } from '../../src/protocol/message.js';
import { advance } from '../../src/protocol/sequence.js';

/** What a peer says: a DATA message comes with its payload, which is whole, whatever the parts that it comes in. */
export type Said = Exclude<Message, DataMessage> | (DataMessage & { readonly payload: Buffer });

/** Anything that a peer can say, with up to `maxBytes` of handshake data or payload. */
export function anything(maxBytes: number): fc.Arbitrary<Said> {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const few = fc.uint8Array({ maxLength: 40, size: 'max' }).map((array) => Buffer.from(array));
  const many = fc
    .tuple(fc.oneof(fc.nat(maxBytes), fc.constantFrom(0, maxBytes)), fc.nat(255))
    .map(([size, byte]) => Buffer.alloc(size, byte));
  const bytes = fc.oneof(few, many);
  const { keepAlive, end, errorEnd, status, finishedStatus, preHandshake, handshake, data } = MessageType;
  return fc.oneof(
    fc.record({ type: fc.constant(keepAlive) }),
    fc.record({ type: fc.constantFrom(end, errorEnd), channel: u32 }),
    fc.record({
      type: fc.constantFrom(status, finishedStatus, preHandshake),
      channel: u32,
      free: u32,
      seq: u32,
    }),
    fc.record({ type: fc.constant(handshake), channel: u32, free: u32, data: bytes }),
    fc.record({ type: fc.constant(data), channel: u32, seq: u32, payload: bytes }),
  );
}

/** The header frame of `message`, without its length. */
export function header(message: Message): Buffer {
  const bytes = Buffer.alloc(headerSize(message));
  encodeHeader(message, bytes, 0);
  return bytes;
}

/** The frames in which something is said, without their lengths. */
export function framesOf(said: Said): Buffer[] {
  return said.type === MessageType.data ? [header(said), said.payload] : [header(said)];
}

/** What a peer says, and what it could not say. */
type Heard = Said | BadHandshakeMessage | InvalidHeader;

/** Puts the parts of payloads together, and checks what they say of themselves. */
export function heard(messages: readonly ReceivedMessage[]): Heard[] {
  const whole: Heard[] = [];
  for (const message of messages) {
    if (message.type !== MessageType.data) {
      expect(message.type).not.toBe('unknownExtension'); // a peer that says them is not asked for here
      whole.push(message as Heard);
      continue;
    }
    const { type, channel, seq, bytes, isFirst } = message;
    if (isFirst) {
      whole.push({ type, channel, seq, payload: bytes });
      continue;
    }
    const before = whole.pop();
    expect(before).toMatchObject({ type, channel });
    const { seq: start, payload } = before as Extract<Said, { payload: Buffer }>;
    expect(bytes.length).toBeGreaterThan(0);
    expect(seq).toBe(advance(start, bytes.length));
    whole.push({ type, channel, seq, payload: Buffer.concat([payload, bytes]) });
  }
  return whole;
}

/** Cuts `wire` into chunks of these sizes, as far as it goes, and the rest. */
export function cut(wire: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    chunks.push(wire.subarray(start, start + size));
    start = Math.min(wire.length, start + size);
  }
  return [...chunks, wire.subarray(start)];
}
