import type { Bytes } from '../bytes.js';

/**
 * How frames are delimited on the carrier. Both ends must agree. The options mean what they mean to npm `frame-stream`,
 * which bpmux takes them for.
 */
export interface Framing {
  /** Bytes of the length in front of each frame. 1, 2 or 4, or any number where `getLength` and `setLength` are given. */
  readonly lengthSize: number;
  /** Reads the length of a frame from the first `lengthSize` bytes of `bytes`. Default: unsigned, big-endian. */
  readonly getLength?: (bytes: Bytes) => number;
  /** Writes the length of a frame into `bytes`, which is `lengthSize` bytes long. Default: unsigned, big-endian. */
  readonly setLength?: (bytes: Bytes, length: number) => unknown;
}

/** The most bytes that one frame can have, as far as the size of its length says. */
export const maxFrameLength = ({ lengthSize }: Framing): number =>
  lengthSize < 4 ? 256 ** lengthSize - 1 : 0xffff_ffff; // asked for each channel, and a power takes its time
