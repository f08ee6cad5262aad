import { Buffer } from 'node:buffer';
import { readUint32, writeUint32 } from '../protocol/uint32.js';
import type { Framing } from './framing.js';

/** Reads and writes the lengths in front of frames. */
export interface FrameLengths {
  /** Bytes of a length. */
  readonly size: number;
  /**
   * The length at `at`, of which all bytes are there. Throws what the option `framing.getLength` throws, and RangeError
   * where it returns what is no length.
   */
  readonly read: (bytes: Buffer, at: number) => number;
  /** Writes `length` at `at`. Throws what the option `framing.setLength` throws, and RangeError where it does not fit. */
  readonly write: (bytes: Buffer, at: number, length: number) => void;
}

/** The lengths that `framing` is about. */
export function frameLengths({ lengthSize: size, getLength, setLength }: Framing): FrameLengths {
  const plain = size === USUAL.size ? USUAL : plainLengths(size);
  return {
    size,
    read: getLength ? (bytes, at) => checked(getLength(bytes.subarray(at, at + size))) : plain.read,
    write: setLength ? apart(size, setLength) : plain.write,
  };
}

/** What nearly all have, in half the time: there are four for each DATA message. */
const USUAL: FrameLengths = {
  size: 4,
  read: readUint32,
  write: writeUint32,
};

const plainLengths = (size: number): FrameLengths => ({
  size,
  read: (bytes, at) => bytes.readUIntBE(at, size),
  write: (bytes, at, length) => {
    bytes.writeUIntBE(length, at, size);
  },
});

function checked(length: number): number {
  if (!Number.isInteger(length) || length < 0) {
    throw new RangeError(`the length of a frame must be a whole number from 0, got ${length}`);
  }
  return length;
}

/** Has `setLength` write to memory of its own: a mistake of the application's must not reach other bytes. */
function apart(size: number, setLength: (bytes: Buffer, length: number) => unknown): FrameLengths['write'] {
  const own = Buffer.alloc(size);
  return (bytes, at, length) => {
    setLength(own.fill(0), length);
    bytes.set(own, at);
  };
}
