/*
 * Plain code instead of the methods of Buffer: V8 does not inline these in Node 20, where each call takes 7 ns. There are a
 * dozen in each DATA message.
 */

const BYTE_3 = 0x1_00_00_00;
const MAX = 0xffff_ffff;

/** Reads an unsigned number of 32 bits, the highest byte first, at `at`. All four bytes must be there. */
export function readUint32(bytes: Uint8Array, at: number): number {
  // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- all four are there
  return bytes[at]! * BYTE_3 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

/** Writes `value` so at `at`, where there must be room. Throws RangeError where it does not fit. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  if (value < 0 || value > MAX) {
    throw new RangeError(`${value} is out of range: 32 bits`);
  }
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
