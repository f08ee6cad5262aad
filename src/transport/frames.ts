import { Buffer } from 'node:buffer';
import type { MuxMessage } from '../carrier/mux-side.js';
import { encodeHeader, headerSize } from '../protocol/codec.js';
import { type Message, MessageType } from '../protocol/message.js';

/** Bytes of a frame's length. */
const LENGTH = 4;

/** The frames of the messages, one after the other, in memory of their own. */
export function framesOf(messages: readonly MuxMessage[]): Uint8Array<ArrayBuffer> {
  const frames = new Uint8Array(messages.reduce((size, message) => size + sizeOf(message), 0));
  const bytes = Buffer.from(frames.buffer);
  let at = 0;
  for (const message of messages) {
    at = writeHeader(message, bytes, at);
    if (message.type === MessageType.data) {
      at = bytes.writeUInt32BE(message.bytes.length, at);
      bytes.set(message.bytes, at);
      at += message.bytes.length;
    }
  }
  return frames;
}

function sizeOf(message: MuxMessage): number {
  const payload = message.type === MessageType.data ? LENGTH + message.bytes.length : 0;
  return LENGTH + headerSize(message) + payload;
}

/** Returns where it ends. */
function writeHeader(message: Message, bytes: Buffer, at: number): number {
  const size = headerSize(message);
  bytes.writeUInt32BE(size, at);
  encodeHeader(message, bytes, at + LENGTH);
  return at + LENGTH + size;
}
