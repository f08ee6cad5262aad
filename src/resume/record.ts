import { Buffer } from 'node:buffer';
import type { Bytes } from '../bytes.js';
import { POSITION_SIZE, writePosition } from '../flow/position.js';

/** What a record says: its first byte. docs/resume.md has them byte for byte. */
export const RecordType = {
  /** Of the client: a new session is wanted. */
  begin: 2,
  /** The answer: the session's id and its secret, and the nonce to go on with. */
  begun: 3,
  /** Of the client: this session is to go on. */
  resume: 4,
  /** The answer: from where, and the nonce to go on with the next time. */
  resumed: 5,
  /** Or this: why not. */
  refused: 6,
  data: 16,
  acknowledgement: 17,
  fin: 18,
  ping: 19,
  pong: 20,
  /** The session has come to its end both ways, and is forgotten. */
  bye: 21,
  /** The session has been given up. */
  reset: 22,
} as const;

/** One of {@link RecordType}. */
export type RecordTypeValue = (typeof RecordType)[keyof typeof RecordType];

/** Bytes of a nonce, of a session's id and of its secret; and of a proof. */
export const KEY_SIZE = 16;
const PROOF_SIZE = 32;

/** Bytes ahead of each body: the type, and how many bytes the body has. */
export const HEADER_SIZE = 5;

/** How many bytes the body of each has. Only that of DATA differs from one to the next. */
export const BODY_SIZES: ReadonlyMap<number, number> = new Map<number, number>([
  [RecordType.begin, 1 + POSITION_SIZE],
  [RecordType.begun, 2 * KEY_SIZE + POSITION_SIZE + KEY_SIZE],
  [RecordType.resume, 1 + KEY_SIZE + KEY_SIZE + 4 + KEY_SIZE + POSITION_SIZE + PROOF_SIZE],
  [RecordType.resumed, POSITION_SIZE + KEY_SIZE + PROOF_SIZE],
  [RecordType.refused, 1],
  [RecordType.acknowledgement, POSITION_SIZE],
  [RecordType.fin, POSITION_SIZE],
  [RecordType.ping, 0],
  [RecordType.pong, 0],
  [RecordType.bye, 0],
  [RecordType.reset, 0],
]);

/** Bytes of the largest body that is read as a whole. */
export const LARGEST_BODY = Math.max(...BODY_SIZES.values());

/** A record of that type, with room for its body behind {@link HEADER_SIZE} bytes. */
export function record(type: RecordTypeValue, size = 0): Bytes {
  const bytes = Buffer.allocUnsafe(HEADER_SIZE + size);
  writeHeader(bytes, 0, type, size);
  return bytes;
}

/** A record whose body is a position: ACK or FIN. */
export function positionRecord(type: RecordTypeValue, position: number): Bytes {
  const bytes = record(type, POSITION_SIZE);
  writePosition(bytes, HEADER_SIZE, position);
  return bytes;
}

/** Pieces up to this size are copied behind the header, as far as they come first, so that few pieces leave. */
const SMALL = 4096;

const NOTHING = new Uint8Array();

/**
 * A DATA record of `length` bytes: in pieces that a carrier may be given as they are.
 *
 * @param ahead - a record that leaves ahead of it, in the same piece
 */
export function dataRecord(
  chunks: readonly Uint8Array[],
  length: number,
  ahead: Uint8Array = NOTHING,
): readonly Uint8Array[] {
  let count = 0;
  let size = ahead.length + HEADER_SIZE;
  for (const chunk of chunks) {
    if (size + chunk.length > SMALL) {
      break;
    }
    size += chunk.length;
    count += 1;
  }
  const head = Buffer.allocUnsafe(size);
  head.set(ahead);
  let at = writeHeader(head, ahead.length, RecordType.data, length);
  for (const chunk of chunks.slice(0, count)) {
    head.set(chunk, at);
    at += chunk.length;
  }
  return [head, ...chunks.slice(count)];
}

/** Returns where it ends. */
function writeHeader(memory: Buffer, at: number, type: RecordTypeValue, size: number): number {
  memory[at] = type;
  return memory.writeUInt32BE(size, at + 1);
}
