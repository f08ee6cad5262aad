import { Buffer } from 'node:buffer';
import { bufferOn } from '../arguments.js';
import type { Bytes } from '../bytes.js';
import { POSITION_SIZE, readPosition, writePosition } from '../flow/position.js';

/** What a message is. The four high bits are the version of all this. */
export const Kind = {
  /** Asks the service for a session; its sender listens to the subject that answers go to. */
  hello: 0x11,
  /** Somebody has one; it listens to the subject that answers go to. */
  welcome: 0x12,
  /** Who has said {@link Kind.welcome} cannot keep it: ask again. */
  refused: 0x13,
  /** Its sender has given up the session. */
  reset: 0x14,
  /** All else: bytes, and where their sender stands. */
  state: 0x15,
} as const;

/** What else a {@link Kind.state} says. */
export const Flag = {
  /** No bytes come after those of this message. */
  end: 1,
  /** Something is missing: send all again that is not in `received`. */
  again: 2,
  /** Answer, with the same `number`. */
  ping: 4,
  /** The answer. */
  pong: 8,
  /** All has arrived, both ways. */
  done: 16,
  /** Its sender may send no more before it hears what has been taken. */
  full: 32,
} as const;

/** Bytes before the payload. */
export const HEADER_SIZE = 2 + 3 * POSITION_SIZE + 2 * 4;

/** What one end of a session says to the other. Each message says all that there is to say, so that any may be lost. */
export interface SessionMessage {
  readonly kind: number;
  readonly flags: number;
  /** Where `bytes` begin; or, without any, where the next ones will. */
  readonly position: number;
  /** Up to where all has come that the receiver of this message has sent. Its end counts for one byte. */
  readonly received: number;
  /** Up to where that has been taken by whoever uses it. */
  readonly taken: number;
  /** Bytes that may be sent beyond `taken`. */
  readonly window: number;
  /** Of a ping, or the ping that is answered. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** What stands in the header. */
export type SessionHeader = Omit<SessionMessage, 'bytes'>;

/**
 * The message with that header, and with `length` bytes of `chunks`, which may be more.
 *
 * @param message - where it is written: as much memory as it takes
 */
export function encodeMessage(
  header: SessionHeader,
  chunks: readonly Uint8Array[] = [],
  length = 0,
  message: Bytes = Buffer.allocUnsafe(HEADER_SIZE + length),
): Bytes {
  message[0] = header.kind;
  message[1] = header.flags;
  writePosition(message, 2, header.position);
  writePosition(message, 10, header.received);
  writePosition(message, 18, header.taken);
  message.writeUInt32BE(header.window, 26);
  message.writeUInt32BE(header.number, 30);
  let at = HEADER_SIZE;
  for (const chunk of chunks) {
    const left = message.length - at;
    if (left <= 0) {
      break;
    }
    message.set(chunk.length > left ? chunk.subarray(0, left) : chunk, at);
    at += chunk.length;
  }
  return message;
}

/** What the message says; `undefined` where it is none. Its bytes are a view of `data`. */
export function decodeMessage(data: Uint8Array): SessionMessage | undefined {
  if (data.length < HEADER_SIZE) {
    return undefined;
  }
  const message = bufferOn(data);
  const kind = message.readUInt8(0);
  if (kind < Kind.hello || kind > Kind.state) {
    return undefined;
  }
  return {
    kind,
    flags: message.readUInt8(1),
    position: readPosition(message, 2),
    received: readPosition(message, 10),
    taken: readPosition(message, 18),
    window: message.readUInt32BE(26),
    number: message.readUInt32BE(30),
    bytes: message.subarray(HEADER_SIZE),
  };
}
