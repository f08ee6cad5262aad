import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MessageReader, type ReceivedMessage } from '../../src/framing/message-reader.js';
import { encodeHeader, headerSize } from '../../src/protocol/codec.js';
import { type Message, MessageType } from '../../src/protocol/message.js';
import { ALL_NAMES, type Conversation, fromVector, toVector, type Vector } from './vectors.js';

const file = readFileSync(join(__dirname, '../../docs/protocol/vectors.json'), 'utf8');
const { conversations } = JSON.parse(file) as { readonly conversations: readonly Conversation[] };

function frame(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** What goes on the wire for it. */
function encoded({ message: vector }: Vector): string {
  const { message, payload } = fromVector(vector);
  const header = Buffer.alloc(headerSize(message));
  encodeHeader(message, header, 0);
  return Buffer.concat([frame(header), payload === undefined ? Buffer.alloc(0) : frame(payload)]).toString(
    'hex',
  );
}

/** What a side hears, byte by byte or at once. */
function heard(frames: readonly Vector[], step: number): unknown[] {
  const messages: ReceivedMessage[] = [];
  const reader = new MessageReader({ lengthSize: 4 }, 65_536, (message) => messages.push(message), true);
  const bytes = Buffer.from(frames.map(({ hex }) => hex.replaceAll(' ', '')).join(''), 'hex');
  for (let at = 0; at < bytes.length; at += step) {
    reader.read(bytes.subarray(at, at + step));
  }
  const vectors: unknown[] = [];
  for (const message of messages) {
    if (message.type !== MessageType.data) {
      vectors.push(toVector(message as Message));
      continue;
    }
    const { type, channel, seq, bytes: part, isFirst } = message;
    const before = isFirst ? undefined : (vectors.pop() as { payload: string });
    const payload = Buffer.from((before?.payload ?? '') + part.toString('hex'), 'hex');
    vectors.push(toVector({ type, channel, seq }, payload));
  }
  return vectors;
}

describe('docs/protocol/vectors.json', () => {
  it('has conversations with names of their own', () => {
    const names = conversations.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has every message', () => {
    const types = conversations.flatMap(({ frames }) => frames.map(({ message }) => message.type));
    expect([...new Set(types)].sort()).toEqual([...ALL_NAMES].sort());
  });

  describe.each(conversations)('$name', ({ frames }) => {
    it('is written as it says', () => {
      expect(frames.map(encoded)).toEqual(frames.map(({ hex }) => hex.replaceAll(' ', '')));
    });

    it.each([1, Infinity])('is read as it says, in steps of %s bytes', (step) => {
      for (const side of ['A', 'B']) {
        const said = frames.filter(({ from }) => from === side);
        expect(heard(said, Math.min(step, 1e9))).toEqual(said.map(({ message }) => message));
      }
    });
  });

  it('fails when a byte or a field is edited', () => {
    for (const { frames } of conversations) {
      for (const vector of frames) {
        const bytes = Buffer.from(vector.hex.replaceAll(' ', ''), 'hex');
        const last = bytes.length - 1;
        bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
        expect(encoded(vector)).not.toBe(bytes.toString('hex'));
        const field = Object.entries(vector.message).find(([, value]) => typeof value === 'number');
        if (field !== undefined) {
          const edited = {
            ...vector,
            message: { ...vector.message, [field[0]]: (Number(field[1]) ^ 1) >>> 0 },
          };
          expect(encoded(edited)).not.toBe(encoded(vector));
        }
      }
    }
  });
});
