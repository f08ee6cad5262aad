import { Buffer } from 'node:buffer';
import type { Bytes } from '../bytes.js';

/** Why somebody ended something, for the other side: a code for programs, and a message for people. */
export interface Reason {
  /** At most 255 bytes of UTF-8 are sent. */
  readonly code: string;
  /** At most 1 024 bytes of UTF-8 are sent. */
  readonly message: string;
}

/** Bytes of the two lengths. */
const LENGTHS = 3;

const MAX_CODE = 255;
const MAX_MESSAGE = 1024;

/** What is sent where none is given. */
const NO_REASON: Reason = { code: '', message: '' };

/** How many bytes {@link encodeReason} writes. */
export const reasonSize = ({ code, message }: Reason = NO_REASON): number =>
  LENGTHS + Buffer.byteLength(code) + Buffer.byteLength(message);

/**
 * A reason as it can be sent: cut between characters.
 *
 * @param maxSize - bytes that {@link encodeReason} may write of it, ≥ 3
 */
export function cutReason({ code, message }: Reason, maxSize = Infinity): Reason {
  const room = maxSize - LENGTHS;
  const shortCode = cut(code, Math.min(MAX_CODE, room));
  const left = room - Buffer.byteLength(shortCode);
  return { code: shortCode, message: cut(message, Math.min(MAX_MESSAGE, left)) };
}

/** Writes a reason, which {@link cutReason} has cut, at `at`; an empty one where none is given. */
export function encodeReason({ code, message }: Reason = NO_REASON, bytes: Bytes, at: number): void {
  const codeLength = bytes.write(code, at + 1);
  bytes.writeUInt8(codeLength, at);
  const messageLength = bytes.write(message, at + 1 + codeLength + 2);
  bytes.writeUInt16BE(messageLength, at + 1 + codeLength);
}

/** The reason at `at`; `undefined` where none is given, or not all of it is there. */
export function decodeReason(bytes: Bytes, at: number, end: number): Reason | undefined {
  if (at + LENGTHS > end) {
    return undefined;
  }
  const codeEnd = at + 1 + bytes.readUInt8(at);
  if (codeEnd + 2 > end) {
    return undefined;
  }
  const messageEnd = codeEnd + 2 + bytes.readUInt16BE(codeEnd);
  if (messageEnd > end || messageEnd === at + LENGTHS) {
    return undefined;
  }
  const code = bytes.toString('utf8', at + 1, codeEnd);
  return cutReason({ code, message: bytes.toString('utf8', codeEnd + 2, messageEnd) });
}

/** The longest beginning of `text` that has `max` bytes of UTF-8 at most. */
function cut(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) {
    return text;
  }
  const bytes = Buffer.from(text);
  let end = max;
  while ((bytes.readUInt8(end) & 0xc0) === 0x80) {
    end -= 1; // within a character
  }
  return bytes.toString('utf8', 0, end);
}
