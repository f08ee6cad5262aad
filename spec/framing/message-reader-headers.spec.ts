import { HeaderTooBigError, ProtocolError } from '../../src/index.js';
import { MessageReader, type ReceivedMessage } from '../../src/framing/message-reader.js';
import { type HandshakeMessage, MessageType } from '../../src/protocol/message.js';
import { bytesInUse } from '../hostile/support/heap.js';
import { cut, header } from './conversation.js';
import * as said from '../support/wire.js';
import { FOUR_BYTES } from './framings.js';
import {
  allCuts,
  data,
  frame,
  HANDSHAKE,
  KEEP_ALIVE,
  payloadOf,
  read,
  singleBytes,
  STATUS,
  wireOf,
} from './reading.js';

describe('MessageReader', () => {
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

    it.each([
      ['STOP', said.stop, { type: 'stop', channel: 7, reason: undefined }],
      ['REFUSE', said.refuse, { type: 'refuse', channel: 7, reason: undefined }],
      [
        'GOAWAY',
        (_: number, ...why: [string, string]) => said.goAway(...why),
        { type: 'goAway', reason: undefined },
      ],
    ])('takes a larger %s without its reason', (_name, encode, message) => {
      const bytes = Buffer.concat([wireOf(KEEP_ALIVE), encode(7, 'NO', 'x'.repeat(LIMIT)), wireOf(STATUS)]);
      for (const chunks of allCuts(bytes)) {
        expect(read(chunks, LIMIT, FOUR_BYTES, true)).toEqual([
          KEEP_ALIVE,
          { type: 'invalid', error: tooBig },
          message,
          STATUS,
        ]);
      }
      expect(read([bytes], LIMIT)).toEqual([KEEP_ALIVE, { type: 'invalid', error: tooBig }, STATUS]);
    });

    it('skips a larger REASON, and a larger PING', () => {
      const ping = frame(Buffer.concat([Buffer.of(7, 4, 0, 0, 0, 1), Buffer.alloc(LIMIT)]));
      const bytes = Buffer.concat([wireOf(KEEP_ALIVE), said.reason(7, 'NO', 'x'.repeat(LIMIT)), ping]);
      const invalid = { type: 'invalid', error: tooBig };
      expect(read([bytes], LIMIT, FOUR_BYTES, true)).toEqual([KEEP_ALIVE, invalid, invalid]);
    });

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
});
