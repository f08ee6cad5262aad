import type { Framing } from '../../src/framing/framing.js';

/** A framing, and what its lengths are on the wire, written down apart from the sources. */
export interface TestFraming {
  readonly name: string;
  readonly framing: Framing;
  /** The most bytes of a frame. */
  readonly max: number;
  readonly length: (bytes: number) => Buffer;
}

const byte = (value: number, index: number): number => Math.floor(value / 256 ** index) % 256;

/** What there is unless told otherwise. */
export const FOUR_BYTES: TestFraming = {
  name: '4 bytes',
  framing: { lengthSize: 4 },
  max: 0xffff_ffff,
  length: (bytes) => Buffer.of(byte(bytes, 3), byte(bytes, 2), byte(bytes, 1), byte(bytes, 0)),
};

/** All kinds of framings. */
export const framings: readonly TestFraming[] = [
  {
    name: '1 byte',
    framing: { lengthSize: 1 },
    max: 0xff,
    length: (bytes) => Buffer.of(bytes),
  },
  {
    name: '2 bytes',
    framing: { lengthSize: 2 },
    max: 0xffff,
    length: (bytes) => Buffer.of(byte(bytes, 1), byte(bytes, 0)),
  },
  FOUR_BYTES,
  {
    name: '3 bytes of the application’s own kind, little-endian',
    framing: {
      lengthSize: 3,
      getLength: (bytes) => bytes.readUIntLE(0, 3),
      setLength: (bytes, length) => bytes.writeUIntLE(length, 0, 3),
    },
    max: 0xff_ffff,
    length: (bytes) => Buffer.of(byte(bytes, 0), byte(bytes, 1), byte(bytes, 2)),
  },
];
