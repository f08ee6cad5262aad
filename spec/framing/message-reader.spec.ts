import fc from 'fast-check';
import { HeaderTooBigError, ProtocolError } from '../../src/index.js';
import {
  MessageReader,
  type PayloadMessage,
  type ReceivedMessage,
} from '../../src/framing/message-reader.js';
import { type HandshakeMessage, MessageType } from '../../src/protocol/message.js';
import { bytesInUse } from '../hostile/support/heap.js';
import { anything, cut, framesOf, header, heard, type Said } from './conversation.js';
import { FOUR_BYTES, framings } from './framings.js';

const frame = (bytes: Uint8Array, { length } = FOUR_BYTES): Buffer =>
  Buffer.concat([length(bytes.length), bytes]);

/** The bytes in which something is said. */
const wireOf = (said: Said, framing = FOUR_BYTES): Buffer =>
  Buffer.concat(framesOf(said).map((bytes) => frame(bytes, framing)));

const data = (channel: number, seq: number, payload: Buffer): Buffer =>
  wireOf({ type: MessageType.data, channel, seq, payload });

/** What is made of the chunks of a carrier. */
function read(chunks: readonly Buffer[], maxHeaderSize = 0, { framing } = FOUR_BYTES): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  const reader = new MessageReader(framing, maxHeaderSize, (message) => messages.push(message));
  for (const chunk of chunks) {
    reader.read(chunk);
  }
  return messages;
}

const singleBytes = (wire: Buffer): Buffer[] => [...wire].map((byte) => Buffer.of(byte));

/** The wire whole, cut in two at each of its bytes, and in single bytes. */
const allCuts = (wire: Buffer): Buffer[][] => [
  [wire],
  ...Array.from(wire, (_, size) => cut(wire, [size])),
  singleBytes(wire),
];

/** The bytes of one payload. */
function payloadOf(messages: readonly ReceivedMessage[]): Buffer {
  const [message, ...others] = heard(messages);
  expect(others).toEqual([]);
  return (message as { payload: Buffer }).payload;
}

const KEEP_ALIVE: Said = { type: MessageType.keepAlive };
const STATUS: Said = { type: MessageType.status, channel: 7, free: 100, seq: 50 };
const HANDSHAKE: HandshakeMessage = {
  type: MessageType.handshake,
  channel: 7,
  free: 100,
  data: Buffer.from('handshake data'),
};

describe.each(framings)('messages in frames with a length of $name', (framing) => {
  it('are the same wherever the carrier cuts its bytes', () => {
    const conversation: readonly Said[] = [
      { type: MessageType.data, channel: 7, seq: 5, payload: Buffer.from('first') },
      KEEP_ALIVE,
      { type: MessageType.data, channel: 7, seq: 5, payload: Buffer.alloc(0) },
      HANDSHAKE,
      { type: MessageType.data, channel: 8, seq: 21, payload: Buffer.alloc(20, 'y') },
      { type: MessageType.data, channel: 7, seq: 6, payload: Buffer.from('x') },
      STATUS,
      { type: MessageType.data, channel: 8, seq: 21, payload: Buffer.alloc(0) },
    ];
    const wire = Buffer.concat(conversation.map((said) => wireOf(said, framing)));
    for (const chunks of allCuts(wire)) {
      expect(heard(read(chunks, 0, framing))).toEqual(conversation);
    }
  });
});

describe('MessageReader', () => {
  it('reads any conversation, in whatever chunks it comes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...framings),
        fc.array(anything(200), { maxLength: 20, size: 'max' }),
        fc.array(fc.nat(40), { maxLength: 60, size: 'max' }),
        (framing, conversation, sizes) => {
          const wire = Buffer.concat(conversation.map((said) => wireOf(said, framing)));
          expect(heard(read(cut(wire, sizes), 0, framing))).toEqual(conversation);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps nothing of the carrier’s chunks of what it has read', () => {
    const wire = Buffer.concat([wireOf(HANDSHAKE), wireOf(STATUS)]);
    for (const chunks of allCuts(wire)) {
      const messages: ReceivedMessage[] = [];
      const reader = new MessageReader(FOUR_BYTES.framing, 0, (message) => messages.push(message));
      for (const chunk of chunks.map((bytes) => Buffer.from(bytes))) {
        reader.read(chunk);
        chunk.fill(0);
      }
      expect(messages).toEqual([HANDSHAKE, STATUS]);
    }
  });

  describe('of a DATA message', () => {
    it('passes the payload through uncopied', () => {
      const chunk = data(7, 10_000, Buffer.alloc(10_000, 'x'));
      const messages = read([chunk]);
      expect(messages).toHaveLength(1);
      const [message] = messages as [PayloadMessage];
      expect(message).toMatchObject({ type: MessageType.data, channel: 7, seq: 10_000, isFirst: true });
      expect(message.bytes).toHaveLength(10_000);
      expect(message.bytes.buffer).toBe(chunk.buffer);
      expect(message.bytes.byteOffset).toBe(chunk.byteOffset + chunk.length - 10_000);
    });

    it('says nothing before the payload comes', () => {
      const wire = data(7, 5, Buffer.from('hello'));
      for (let bytes = 0; bytes <= wire.length - 5; bytes += 1) {
        expect(read([wire.subarray(0, bytes)])).toEqual([]);
      }
    });

    it('delivers an empty payload with its length, and takes the next frame for a header', () => {
      const wire = data(7, 50, Buffer.alloc(0));
      expect(read([wire.subarray(0, -1)])).toEqual([]);
      const empty = expect.objectContaining({
        type: MessageType.data,
        channel: 7,
        seq: 50,
        isFirst: true,
      }) as PayloadMessage;
      expect(read([wire])).toEqual([empty]);
      expect(payloadOf(read([wire]))).toHaveLength(0);
      expect(read([Buffer.concat([wire, wireOf(STATUS)])])).toEqual([empty, STATUS]);
    });

    it('takes a payload that looks like a header for a payload', () => {
      const payload = header(STATUS);
      const messages = read([Buffer.concat([data(7, 13, payload), wireOf(KEEP_ALIVE)])]);
      expect(payloadOf(messages.slice(0, 1))).toEqual(payload);
      expect(messages.slice(1)).toEqual([KEEP_ALIVE]);
    });

    it('passes on each part as it comes, with where it ends in the channel’s stream, and whether it is the first', () => {
      const wire = data(7, 1010, Buffer.from('0123456789'));
      const start = wire.length - 10;
      const messages = read(cut(wire, [start + 3, 4]));
      const part = (seq: number, text: string, isFirst: boolean): PayloadMessage => ({
        type: MessageType.data,
        channel: 7,
        seq,
        bytes: Buffer.from(text),
        isFirst,
      });
      expect(messages).toEqual([
        part(1003, '012', true),
        part(1007, '3456', false),
        part(1010, '789', false),
      ]);
    });

    it('counts on over 2^32', () => {
      const wire = data(7, 2, Buffer.from('01234'));
      const messages = read(cut(wire, [wire.length - 4, 2]));
      expect(messages).toMatchObject([{ seq: 0xffff_fffe }, { seq: 0 }, { seq: 2 }]);
    });

    it('takes payloads of up to 4 GiB', () => {
      const wire = Buffer.concat([
        frame(header({ type: MessageType.data, channel: 7, seq: 0 })),
        Buffer.from('ffffffff', 'hex'),
        Buffer.from('first'),
      ]);
      expect(read([wire, Buffer.from('second')])).toMatchObject([
        { seq: 6, bytes: Buffer.from('first'), isFirst: true },
        { seq: 12, bytes: Buffer.from('second'), isFirst: false },
      ]);
    });
  });

  describe('of a header that says nothing', () => {
    const nonsense: readonly [name: string, bytes: Buffer, message: string, channelId: number | undefined][] =
      [
        ['an empty one', Buffer.alloc(0), 'short buffer length 0 < 5', undefined],
        ['a short one', Buffer.of(2, 0, 0, 0, 7, 1), 'short buffer length 6 < 13', 7],
        ['one of unknown type', Buffer.of(9, 0, 0, 0, 7), 'unknown type: 9', 7],
      ];

    it.each(nonsense)('tells of %s, and stays in step', (_name, bytes, message, channelId) => {
      const wire = Buffer.concat([wireOf(KEEP_ALIVE), frame(bytes), wireOf(STATUS)]);
      for (const chunks of allCuts(wire)) {
        const messages = read(chunks);
        expect(messages).toEqual([
          KEEP_ALIVE,
          { type: 'invalid', error: expect.any(ProtocolError) as ProtocolError },
          STATUS,
        ]);
        expect(messages[1]).toMatchObject({ error: { message, channelId } });
      }
    });

    it('tells of an empty one with its length', () => {
      expect(read([frame(Buffer.alloc(0))])).toMatchObject([{ type: 'invalid' }]);
    });
  });

  describe('with a limit for headers', () => {
    const LIMIT = 40;
    const ofSize = (size: number): Buffer =>
      wireOf({ ...HANDSHAKE, channel: 0x0102_0304, data: Buffer.alloc(size - 9, 'x') });

    it('takes a header of that size', () => {
      for (const chunks of allCuts(ofSize(LIMIT))) {
        expect(read(chunks, LIMIT)).toMatchObject([{ type: MessageType.handshake }]);
      }
    });

    it('takes headers of any size where the limit is 0', () => {
      const messages = read(cut(ofSize(100_000), [50_000]), 0);
      expect(messages).toMatchObject([{ type: MessageType.handshake }]);
      expect((messages[0] as HandshakeMessage).data).toHaveLength(100_000 - 9);
    });

    it('does not limit payloads', () => {
      const payload = Buffer.alloc(1000, 'x');
      expect(payloadOf(read([data(7, 1000, payload)], LIMIT))).toEqual(payload);
    });

    const tooBig = expect.any(HeaderTooBigError) as HeaderTooBigError;

    it('skips a larger HANDSHAKE, tells whom it concerned, and stays in step, wherever it was cut', () => {
      const wire = Buffer.concat([wireOf(KEEP_ALIVE), ofSize(LIMIT + 1), data(7, 1, Buffer.from('a'))]);
      for (const chunks of allCuts(wire)) {
        const messages = read(chunks, LIMIT);
        expect(messages.slice(0, 2)).toEqual([
          KEEP_ALIVE,
          { type: 'badHandshake', channel: 0x0102_0304, error: tooBig },
        ]);
        expect(messages[1]).toMatchObject({ error: { message: 'header too big', channelId: 0x0102_0304 } });
        expect(payloadOf(messages.slice(2)).toString()).toBe('a');
      }
    });

    it('skips any other that is larger, and stays in step, wherever it was cut', () => {
      const larger = frame(Buffer.concat([header(STATUS), Buffer.alloc(LIMIT)]));
      const wire = Buffer.concat([wireOf(KEEP_ALIVE), larger, larger, wireOf(STATUS)]);
      for (const chunks of allCuts(wire)) {
        const messages = read(chunks, LIMIT);
        const invalid = { type: 'invalid', error: tooBig };
        expect(messages).toEqual([KEEP_ALIVE, invalid, invalid, STATUS]);
        expect(messages[1]).toMatchObject({ error: { channelId: STATUS.channel } });
      }
    });

    it('tells of a larger one when its first 9 bytes have come, once', () => {
      const wire = ofSize(LIMIT + 1);
      const lengths = singleBytes(wire).map(
        (_, index, bytes) => read(bytes.slice(0, index + 1), LIMIT).length,
      );
      expect(lengths).toEqual([...Array<number>(4 + 8).fill(0), ...Array<number>(LIMIT + 1 - 8).fill(1)]);
    });

    it('lets the chunk go at whose end a larger one began', async () => {
      const reader = new MessageReader(FOUR_BYTES.framing, LIMIT, () => undefined);
      const before = await bytesInUse();
      reader.read(
        Buffer.concat([data(7, 0, Buffer.alloc(10_000_000)), ofSize(LIMIT + 1).subarray(0, 4 + 5)]),
      );
      expect((await bytesInUse()) - before).toBeLessThan(1_000_000);
      reader.read(Buffer.of(255)); // so that the reader is still in use
    });

    it('keeps no more of a larger one while it comes in single bytes', async () => {
      const reader = new MessageReader(FOUR_BYTES.framing, LIMIT, () => undefined);
      const byte = Buffer.of(1);
      const before = await bytesInUse();
      for (let i = 0; i < 100_000; i += 1) {
        reader.read(byte);
      }
      expect((await bytesInUse()) - before).toBeLessThan(1_000_000);
      reader.read(byte); // so that the reader is still in use
    });

    it('names no channel where a larger one is too short to have one', () => {
      const wire = Buffer.concat([frame(Buffer.of(1, 2, 3, 4)), wireOf(KEEP_ALIVE)]);
      for (const chunks of allCuts(wire)) {
        expect(read(chunks, 3)).toMatchObject([
          { type: 'invalid', error: { message: 'header too big', channelId: undefined } },
          KEEP_ALIVE,
        ]);
      }
    });
  });

  describe('of a connection that begins with what is not this protocol', () => {
    const LIMIT = 65_536;
    const foreign: readonly [name: string, bytes: Buffer, beginning: string][] = [
      ['an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian\r\n'), 'SSH-2.0-OpenSSH_'],
      ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n'), 'HTTP/1.1 400 Bad'],
      ['a short greeting', Buffer.from('220 "a\\"\r\n'), '220 \\x22a\\x5c\\x22\\x0d\\x0a'],
      ['TLS', Buffer.from('16030102000100', 'hex'), '\\x16\\x03\\x01\\x02\\x00\\x01\\x00'],
    ];

    /** What is thrown, and after how many chunks. */
    function refusal(chunks: readonly Buffer[], maxHeaderSize: number): [error: unknown, after: number] {
      const reader = new MessageReader(FOUR_BYTES.framing, maxHeaderSize, () => undefined);
      for (const [index, chunk] of chunks.entries()) {
        try {
          reader.read(chunk);
        } catch (error) {
          return [error, index + 1];
        }
      }
      return [undefined, chunks.length];
    }

    const saying = (beginning: string): ProtocolError =>
      new ProtocolError(`the peer does not speak this protocol: it began with "${beginning}"`);

    it.each(foreign)('says what it began with: %s', (_name, bytes, beginning) => {
      expect(refusal([bytes], LIMIT)).toEqual([saying(beginning), 1]);
      expect(refusal([bytes], LIMIT)[0]).toBeInstanceOf(ProtocolError);
    });

    it('needs its first 5 bytes for that', () => {
      const bytes = Buffer.from('SSH-2.0-OpenSSH_9.2p1');
      expect(refusal(singleBytes(bytes), LIMIT)).toEqual([saying('SSH-2'), 5]);
      expect(refusal(cut(bytes, [3, 4]), LIMIT)).toEqual([saying('SSH-2.0'), 2]);
    });

    it('reads nothing of what follows', () => {
      const received: ReceivedMessage[] = [];
      const reader = new MessageReader(FOUR_BYTES.framing, LIMIT, (message) => received.push(message));
      expect(() => {
        reader.read(Buffer.from('SSH-2.0-OpenSSH_9.2p1'));
      }).toThrow(ProtocolError);
      reader.read(wireOf(KEEP_ALIVE));
      expect(received).toEqual([]);
    });

    it('goes by the first frame alone, be it an empty one', () => {
      const ssh = Buffer.from('SSH-2.0-OpenSSH_9.2p1');
      expect(read([wireOf(KEEP_ALIVE), ssh], LIMIT)).toMatchObject([KEEP_ALIVE, { type: 'invalid' }]);
      expect(read([frame(Buffer.alloc(0)), ssh], LIMIT)).toMatchObject([
        { type: 'invalid' },
        { type: 'invalid' },
      ]);
    });

    it('takes it for a peer’s mistake where it is a HANDSHAKE, or not too big', () => {
      expect(read([Buffer.from('SSH-\x01\0\0\0\x05rest')], LIMIT)).toMatchObject([
        { type: 'badHandshake', channel: 5 },
      ]);
      expect(read([frame(Buffer.alloc(LIMIT, 'x'))], LIMIT)).toMatchObject([
        { type: 'invalid', error: { message: 'unknown type: 120' } },
      ]);
    });

    describe('where headers may have any size', () => {
      const longer = (type: number): Buffer => frame(Buffer.alloc(65_537, type));

      it('goes by the type', () => {
        expect(refusal([Buffer.from('SSH-2.0-OpenSSH_9.2p1')], 0)).toEqual([saying('SSH-2.0-OpenSSH_'), 1]);
        expect(refusal([longer(8)], 0)[0]).toBeInstanceOf(ProtocolError);
        expect(read([longer(7)], 0)).toEqual([KEEP_ALIVE]);
      });

      it('takes an unknown type for a peer’s mistake where the header is not long', () => {
        expect(read([frame(Buffer.alloc(65_536, 8))], 0)).toMatchObject([
          { type: 'invalid', error: { message: 'unknown type: 8' } },
        ]);
      });
    });
  });

  describe('given a chunk while it reads another', () => {
    it('reads it after that, wherever they are cut', () => {
      const messages: readonly Said[] = [KEEP_ALIVE, STATUS, HANDSHAKE, KEEP_ALIVE];
      const wire = Buffer.concat(messages.map((message) => wireOf(message)));
      const first = wireOf(KEEP_ALIVE).length;
      for (let cut = first; cut <= wire.length; cut += 1) {
        const rest = [wire.subarray(cut, cut + 3), wire.subarray(cut + 3)];
        const received: ReceivedMessage[] = [];
        const reader = new MessageReader(FOUR_BYTES.framing, 0, (message) => {
          received.push(message);
          const next = rest.shift();
          if (next !== undefined) {
            reader.read(next);
          }
        });
        reader.read(wire.subarray(0, cut));
        for (const chunk of rest.splice(0)) {
          reader.read(chunk);
        }
        expect(received).toEqual(messages);
      }
    });

    it('reads each once', () => {
      const received: ReceivedMessage[] = [];
      const reader = new MessageReader(FOUR_BYTES.framing, 0, (message) => {
        if (received.push(message) === 1) {
          reader.read(wireOf(STATUS));
        }
      });
      reader.read(wireOf(HANDSHAKE));
      reader.read(wireOf(KEEP_ALIVE));
      expect(received).toEqual([HANDSHAKE, STATUS, KEEP_ALIVE]);
    });
  });

  it('reads nothing more once it is stopped, be it in the middle of a chunk', () => {
    const getLength = jest.fn((bytes: Buffer) => bytes.readUInt32BE());
    const received: ReceivedMessage[] = [];
    const reader = new MessageReader({ lengthSize: 4, getLength }, 0, (message) => {
      received.push(message);
      if (received.length === 2) {
        reader.read(wireOf(KEEP_ALIVE));
        reader.stop();
      }
    });
    reader.read(Buffer.concat([HANDSHAKE, STATUS, KEEP_ALIVE].map((message) => wireOf(message))));
    reader.read(wireOf(KEEP_ALIVE));
    expect(received).toEqual([HANDSHAKE, STATUS]);
    expect(getLength).toHaveBeenCalledTimes(2);
  });

  it('throws where a length is refused, after what came before, and reads nothing more', () => {
    const reason = new Error('of getLength');
    const getLength = jest.fn((bytes: Buffer): number => {
      if (bytes[0] === 255) {
        throw reason;
      }
      return bytes.readUInt8(0);
    });
    const wire = Buffer.from('0107' + 'ff' + '0107', 'hex');
    for (const chunks of allCuts(wire)) {
      const received: ReceivedMessage[] = [];
      const thrown: unknown[] = [];
      const reader = new MessageReader({ lengthSize: 1, getLength }, 0, (message) => received.push(message));
      getLength.mockClear();
      for (const chunk of chunks) {
        try {
          reader.read(chunk);
        } catch (error) {
          thrown.push(error);
        }
      }
      expect(received).toEqual([KEEP_ALIVE]);
      expect(thrown).toEqual([reason]);
      expect(getLength).toHaveBeenCalledTimes(2);
    }
  });
});
