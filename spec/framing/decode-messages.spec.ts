import fc from 'fast-check';
import { concat, NEVER, of, Subject } from 'rxjs';
import { HeaderTooBigError, ProtocolError } from '../../src/index.js';
import { decodeFrames } from '../../src/framing/decode-frames.js';
import {
  decodeMessages,
  type InvalidMessage,
  type PayloadMessage,
  type ReceivedMessage,
} from '../../src/framing/decode-messages.js';
import { encodeHeader } from '../../src/protocol/codec.js';
import { type HandshakeMessage, type Message, MessageType } from '../../src/protocol/message.js';
import { advance } from '../../src/protocol/sequence.js';

const frame = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const header = (message: Message): Buffer => frame(encodeHeader(message));
const data = (channel: number, seq: number, payload: Uint8Array): Buffer =>
  Buffer.concat([header({ type: MessageType.data, channel, seq }), frame(payload)]);

const KEEP_ALIVE: Message = { type: MessageType.keepAlive };

/** What is made of the chunks of a carrier. */
function decode(chunks: readonly Buffer[], maxHeaderSize = 0): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  concat(of(...chunks), NEVER)
    .pipe(decodeFrames({ lengthSize: 4 }), decodeMessages(maxHeaderSize))
    .subscribe((message) => messages.push(message));
  return messages;
}

const cutAt = (wire: Buffer, ...cuts: readonly number[]): Buffer[] =>
  [0, ...cuts].map((cut, i) => wire.subarray(cut, cuts[i]));

const singleBytes = (wire: Buffer): Buffer[] => [...wire].map((byte) => Buffer.of(byte));

/** The bytes, and where in the stream of its channel each part ends, of one payload. */
function payloadOf(messages: readonly ReceivedMessage[]): Buffer {
  const parts = messages.filter((message): message is PayloadMessage => message.type === MessageType.data);
  expect(parts).toHaveLength(messages.length);
  return Buffer.concat(parts.map(({ bytes }) => bytes));
}

const STATUS: Message = { type: MessageType.status, channel: 7, free: 100, seq: 50 };
const HANDSHAKE: Message = {
  type: MessageType.handshake,
  channel: 7,
  free: 100,
  data: Buffer.from('handshake data'),
};

describe('decodeMessages', () => {
  it('gives back control messages, in order', () => {
    const messages: Message[] = [HANDSHAKE, STATUS, KEEP_ALIVE, { type: MessageType.end, channel: 7 }];
    expect(decode([Buffer.concat(messages.map(header))])).toEqual(messages);
  });

  it('puts headers together wherever they were cut', () => {
    const messages = [HANDSHAKE, STATUS, KEEP_ALIVE];
    const wire = Buffer.concat(messages.map(header));
    for (let cut = 1; cut < wire.length; cut += 1) {
      expect(decode(cutAt(wire, cut))).toEqual(messages);
    }
    expect(decode(singleBytes(wire))).toEqual(messages);
  });

  it('keeps nothing of the carrier’s chunk in handshake data', () => {
    const chunk = header(HANDSHAKE);
    const messages = decode([chunk]);
    chunk.fill(0);
    expect(messages).toEqual([HANDSHAKE]);
  });

  describe('of a DATA message', () => {
    it('passes the payload through uncopied', () => {
      const chunk = data(7, 10_000, Buffer.alloc(10_000, 'x'));
      const messages = decode([chunk]);
      expect(messages).toHaveLength(1);
      const [message] = messages as [PayloadMessage];
      expect(message).toMatchObject({ type: MessageType.data, channel: 7, seq: 10_000, isFirst: true });
      expect(message.bytes).toHaveLength(10_000);
      expect(message.bytes.buffer).toBe(chunk.buffer);
    });

    it('says nothing before the payload comes', () => {
      expect(decode([header({ type: MessageType.data, channel: 7, seq: 5 })])).toEqual([]);
    });

    it('delivers an empty payload, and takes the next frame for a header', () => {
      const messages = decode([Buffer.concat([data(7, 50, Buffer.alloc(0)), header(STATUS)])]);
      expect(messages).toEqual([
        expect.objectContaining({ type: MessageType.data, channel: 7, seq: 50, isFirst: true }),
        STATUS,
      ]);
      expect(payloadOf(messages.slice(0, 1))).toHaveLength(0);
    });

    it('takes a payload that looks like a header for a payload', () => {
      const payload = encodeHeader(STATUS);
      const messages = decode([Buffer.concat([data(7, 13, payload), header(KEEP_ALIVE)])]);
      expect(payloadOf(messages.slice(0, 1))).toEqual(payload);
      expect(messages.slice(1)).toEqual([KEEP_ALIVE]);
    });

    it('says of each part where it ends in the channel’s stream, and which is the first', () => {
      const wire = data(7, 1010, Buffer.from('0123456789'));
      const start = wire.length - 10;
      const messages = decode(cutAt(wire, start + 3, start + 7));
      expect(messages).toEqual([
        { type: MessageType.data, channel: 7, seq: 1003, bytes: expect.anything() as Buffer, isFirst: true },
        { type: MessageType.data, channel: 7, seq: 1007, bytes: expect.anything() as Buffer, isFirst: false },
        { type: MessageType.data, channel: 7, seq: 1010, bytes: expect.anything() as Buffer, isFirst: false },
      ]);
      expect(payloadOf(messages).toString()).toBe('0123456789');
    });

    it('counts on over 2^32', () => {
      const wire = data(7, 2, Buffer.from('01234'));
      const messages = decode(cutAt(wire, wire.length - 4, wire.length - 2));
      expect(messages).toMatchObject([{ seq: 0xffff_fffe }, { seq: 0 }, { seq: 2 }]);
    });

    it.each(['whole', 'in single bytes'])('calls one part the first, where the payload comes %s', (how) => {
      const wire = data(7, 3, Buffer.from('abc'));
      const messages = decode(how === 'whole' ? [wire] : singleBytes(wire)) as PayloadMessage[];
      expect(messages.filter(({ isFirst }) => isFirst)).toHaveLength(1);
    });
  });

  it('gives back any conversation, in whatever chunks it comes', () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
    const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
      fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
    const said = fc.oneof(
      fc.constant(KEEP_ALIVE),
      fc.record({ type: fc.constant(MessageType.status), channel: u32, free: u32, seq: u32 }),
      fc.record({ type: fc.constant(MessageType.handshake), channel: u32, free: u32, data: bytes(40) }),
      fc.record({ type: fc.constant(MessageType.data), channel: u32, seq: u32, payload: bytes(40) }),
    );
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
        (conversation, sizes) => {
          const cuts: number[] = [];
          const wire = Buffer.concat(
            conversation.map((message) =>
              'payload' in message ? data(message.channel, message.seq, message.payload) : header(message),
            ),
          );
          for (const size of sizes) {
            cuts.push(Math.min(wire.length, (cuts.at(-1) ?? 0) + size));
          }
          const heard = decode(cutAt(wire, ...cuts));
          for (const message of conversation) {
            if (!('payload' in message)) {
              expect(heard.shift()).toEqual(message);
              continue;
            }
            let missing = message.payload.length;
            do {
              const part = heard.shift() as PayloadMessage;
              const at = message.payload.length - missing;
              missing -= part.bytes.length;
              expect(part).toMatchObject({ type: MessageType.data, channel: message.channel });
              expect(part.seq).toBe(advance(message.seq, -missing));
              expect(part.bytes.equals(message.payload.subarray(at, at + part.bytes.length))).toBe(true);
            } while (missing > 0);
          }
          expect(heard).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  describe('of a header that says nothing', () => {
    const nonsense: readonly [name: string, bytes: Buffer, message: string, channelId: number | undefined][] =
      [
        ['an empty one', Buffer.alloc(0), 'short buffer length 0 < 5', undefined],
        ['a short one', Buffer.of(2, 0, 0, 0, 7, 1), 'short buffer length 6 < 13', 7],
        ['one of unknown type', Buffer.of(9, 0, 0, 0, 7), 'unknown type: 9', 7],
      ];

    it.each(nonsense)('tells of %s, and stays in step', (_name, bytes, message, channelId) => {
      const wire = Buffer.concat([header(KEEP_ALIVE), frame(bytes), header(STATUS)]);
      const expected = [
        KEEP_ALIVE,
        { type: 'invalid', error: expect.any(ProtocolError) as ProtocolError },
        STATUS,
      ];
      for (const chunks of [[wire], singleBytes(wire)]) {
        const messages = decode(chunks);
        expect(messages).toEqual(expected);
        expect(messages[1]).toMatchObject({ error: { message, channelId } });
      }
    });
  });

  describe('with a limit for headers', () => {
    const LIMIT = 40;
    const ofSize = (size: number): Buffer =>
      header({ ...HANDSHAKE, channel: 0x0102_0304, data: Buffer.alloc(size - 9, 'x') });
    const start = Buffer.from('010102030400000064', 'hex');

    it('takes a header of that size', () => {
      expect(decode([ofSize(LIMIT)], LIMIT)).toMatchObject([{ type: MessageType.handshake }]);
    });

    it('takes headers of any size where the limit is 0', () => {
      const messages = decode(cutAt(ofSize(100_000), 50_000), 0);
      expect(messages).toMatchObject([{ type: MessageType.handshake }]);
      expect((messages[0] as HandshakeMessage).data).toHaveLength(100_000 - 9);
    });

    it('does not limit payloads', () => {
      const payload = Buffer.alloc(1000, 'x');
      expect(payloadOf(decode([data(7, 1000, payload)], LIMIT))).toEqual(payload);
    });

    it('skips a larger one, tells how it began and whom it concerned, and stays in step, wherever it was cut', () => {
      const wire = Buffer.concat([header(KEEP_ALIVE), ofSize(LIMIT + 1), data(7, 1, Buffer.from('a'))]);
      const cuts = Array.from({ length: wire.length - 1 }, (_, i) => cutAt(wire, i + 1));
      for (const chunks of [[wire], singleBytes(wire), ...cuts]) {
        const messages = decode(chunks, LIMIT);
        expect(messages.slice(0, 2)).toEqual([
          KEEP_ALIVE,
          { type: 'invalid', error: expect.any(HeaderTooBigError) as HeaderTooBigError, start },
        ]);
        expect(messages[1]).toMatchObject({ error: { message: 'header too big', channelId: 0x0102_0304 } });
        expect(payloadOf(messages.slice(2)).toString()).toBe('a');
      }
    });

    it('keeps nothing of a larger one but its first 9 bytes', () => {
      const wire = ofSize(100_000);
      const [message] = decode([wire], LIMIT) as [Required<InvalidMessage>];
      expect(message.start).toHaveLength(9);
      expect(message.start.buffer).not.toBe(wire.buffer);
    });

    it('names no channel where a larger one is too short to have one', () => {
      const wire = Buffer.concat([frame(Buffer.of(1, 2, 3, 4)), header(KEEP_ALIVE)]);
      const messages = decode([wire], 3);
      expect(messages).toMatchObject([
        { error: { message: 'header too big', channelId: undefined }, start: Buffer.of(1, 2, 3, 4) },
        KEEP_ALIVE,
      ]);
    });
  });

  describe('when the source ends', () => {
    const parts = (): { chunks$: Subject<Buffer>; ends: unknown[] } => {
      const chunks$ = new Subject<Buffer>();
      const ends: unknown[] = [];
      chunks$.pipe(decodeFrames({ lengthSize: 4 }), decodeMessages(0)).subscribe({
        error: (error: unknown) => ends.push(error),
        complete: () => ends.push('complete'),
      });
      chunks$.next(header({ type: MessageType.data, channel: 7, seq: 5 }));
      return { chunks$, ends };
    };

    it('completes with it, be it before a payload', () => {
      const { chunks$, ends } = parts();
      chunks$.complete();
      expect(ends).toEqual(['complete']);
    });

    it('errors with its error', () => {
      const { chunks$, ends } = parts();
      const error = new Error('of the carrier');
      chunks$.error(error);
      expect(ends).toEqual([error]);
    });
  });

  it('lets go of the source when it is unsubscribed', () => {
    const chunks$ = new Subject<Buffer>();
    const subscription = chunks$.pipe(decodeFrames({ lengthSize: 4 }), decodeMessages(0)).subscribe();
    subscription.unsubscribe();
    expect(chunks$.observed).toBe(false);
  });
});
