import { MessageReader, type ReceivedMessage } from '../../src/framing/message-reader.js';
import { type CreditMessage, type HandshakeMessage, MessageType } from '../../src/protocol/message.js';
import { cut, framesOf, heard, type Said } from './conversation.js';
import { FOUR_BYTES } from './framings.js';

export const frame = (bytes: Uint8Array, { length } = FOUR_BYTES): Buffer =>
  Buffer.concat([length(bytes.length), bytes]);

/** The bytes in which something is said. */
export const wireOf = (said: Said, framing = FOUR_BYTES): Buffer =>
  Buffer.concat(framesOf(said).map((bytes) => frame(bytes, framing)));

export const data = (channel: number, seq: number, payload: Buffer): Buffer =>
  wireOf({ type: MessageType.data, channel, seq, payload });

/** What is made of the chunks of a carrier. */
export function read(
  chunks: readonly Buffer[],
  maxHeaderSize = 0,
  { framing } = FOUR_BYTES,
  extensions = false,
): ReceivedMessage[] {
  const messages: ReceivedMessage[] = [];
  const reader = new MessageReader(framing, maxHeaderSize, (message) => messages.push(message), extensions);
  for (const chunk of chunks) {
    reader.read(chunk);
  }
  return messages;
}

export const singleBytes = (wire: Buffer): Buffer[] => [...wire].map((byte) => Buffer.of(byte));

/** The wire whole, cut in two at each of its bytes, and in single bytes. */
export const allCuts = (wire: Buffer): Buffer[][] => [
  [wire],
  ...Array.from(wire, (_, size) => cut(wire, [size])),
  singleBytes(wire),
];

/** The bytes of one payload. */
export function payloadOf(messages: readonly ReceivedMessage[]): Buffer {
  const [message, ...others] = heard(messages);
  expect(others).toEqual([]);
  return (message as { payload: Buffer }).payload;
}

export const KEEP_ALIVE: Said = { type: MessageType.keepAlive };
export const STATUS: CreditMessage = { type: MessageType.status, channel: 7, free: 100, seq: 50 };
export const HANDSHAKE: HandshakeMessage = {
  type: MessageType.handshake,
  channel: 7,
  free: 100,
  data: Buffer.from('handshake data'),
};
