import { Buffer } from 'node:buffer';
import { bufferOn } from '../arguments.js';
import type { Bytes } from '../bytes.js';

/*
 * The handshake data of a call: the mark, the version (1), the deadline in ms (u32, 0: none), the length of the method's name
 * (u16), the name in UTF-8, and the metadata as the codec makes it (none: undefined).
 */

/** What the handshake data of calls begins with, and that of other channels hardly ever does. */
const MARK = Buffer.from('\0rxcall');
const VERSION = 1;

const DEADLINE_AT = MARK.length + 1;
const LENGTH_AT = DEADLINE_AT + 4;
const NAME_AT = LENGTH_AT + 2;

/** So that a header fits into a frame of `maxHeaderSize`, as that is by default. */
const MAX_HEADER = 65_000;

/** What the handshake data of a call says. */
export interface CallHeader {
  readonly method: string;
  /** Milliseconds; 0: none. */
  readonly deadline: number;
  /** As the codec has made it; empty: undefined. */
  readonly metadata: Bytes;
}

/**
 * The header of a call.
 *
 * @throws RangeError where it is too long
 */
export function encodeHeader(method: string, deadline: number, metadata: Uint8Array): Bytes {
  const name = Buffer.from(method);
  const length = NAME_AT + name.length + metadata.length;
  if (length > MAX_HEADER) {
    throw new RangeError(
      `a method's name and metadata must be at most ${MAX_HEADER - NAME_AT} bytes, got ${length - NAME_AT}`,
    );
  }
  const header = Buffer.allocUnsafe(length);
  header.set(MARK);
  header.writeUInt8(VERSION, MARK.length);
  header.writeUInt32BE(deadline, DEADLINE_AT);
  header.writeUInt16BE(name.length, LENGTH_AT);
  header.set(name, NAME_AT);
  header.set(metadata, NAME_AT + name.length);
  return header;
}

/** Whether a channel is a call, by its handshake data. */
export function isCall(data: Uint8Array): boolean {
  return MARK.every((byte, at) => byte === data[at]);
}

/** A method, by its name. The header of calls that say no more is always the same. */
export class CallMethod {
  #header: Bytes | undefined;

  constructor(readonly name: string) {}

  /** As {@link encodeHeader}. Not to be changed. */
  header(deadline: number, metadata: Uint8Array): Bytes {
    if (deadline > 0 || metadata.length > 0) {
      return encodeHeader(this.name, deadline, metadata);
    }
    this.#header ??= encodeHeader(this.name, deadline, metadata);
    return this.#header;
  }
}

/** What such handshake data says; `undefined` where it makes no sense. */
export function decodeHeader(data: Uint8Array): CallHeader | undefined {
  const bytes = bufferOn(data);
  if (bytes.length < NAME_AT || bytes[MARK.length] !== VERSION) {
    return undefined;
  }
  const end = NAME_AT + bytes.readUInt16BE(LENGTH_AT);
  if (end > bytes.length) {
    return undefined;
  }
  return {
    method: bytes.toString('utf8', NAME_AT, end),
    deadline: bytes.readUInt32BE(DEADLINE_AT),
    metadata: bytes.subarray(end),
  };
}
