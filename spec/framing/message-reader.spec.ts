import fc from 'fast-check';
import {
  MessageReader,
  type PayloadMessage,
  type ReceivedMessage,
} from '../../src/framing/message-reader.js';
import { MessageType } from '../../src/protocol/message.js';
import { anything, cut, header, heard, type Said } from './conversation.js';
import { FOUR_BYTES, framings } from './framings.js';
import { allCuts, data, frame, HANDSHAKE, KEEP_ALIVE, payloadOf, read, STATUS, wireOf } from './reading.js';

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
