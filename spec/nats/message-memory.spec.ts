import { MessageMemory } from '../../src/nats/message-memory.js';
import { HEADER_SIZE } from '../../src/nats/session-message.js';

const KIB = 1024;

/** Where the messages are that are written in a row: what they have of which memory. */
function taken(lengths: readonly number[]) {
  const memory = new MessageMemory();
  let rest = lengths.reduce((sum, length) => sum + length, 0);
  return lengths.map((length) => {
    const message = memory.take(length, rest);
    rest -= length;
    return message;
  });
}

const blocks = (messages: readonly Buffer[]): number => new Set(messages.map(({ buffer }) => buffer)).size;

describe('MessageMemory', () => {
  it('has room for the header and the bytes of each message', () => {
    expect(taken([10_000, 10_000, 7]).map(({ length }) => length - HEADER_SIZE)).toEqual([10_000, 10_000, 7]);
  });

  it('puts messages that are written in a row one behind the other in one block, which holds nothing else', () => {
    const messages = taken([10_000, 10_000, 7]);
    expect(blocks(messages)).toBe(1);
    expect(messages.map(({ byteOffset }) => byteOffset)).toEqual([0, 10_034, 20_068]);
    expect(messages[0]?.buffer.byteLength).toBe(20_007 + 3 * HEADER_SIZE);
  });

  it('takes blocks of 256 KiB at most, since what is kept of one keeps all of it', () => {
    const messages = taken(Array.from({ length: 64 }, () => 16 * KIB));
    expect(blocks(messages)).toBe(5);
    expect(Math.max(...messages.map(({ buffer }) => buffer.byteLength))).toBe(256 * KIB);
  });

  it('takes as much as it must for a message that is larger', () => {
    expect(taken([300 * KIB])[0]?.buffer.byteLength).toBe(300 * KIB + HEADER_SIZE);
  });
});
