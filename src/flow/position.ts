import type { Buffer } from 'node:buffer';

/** Bytes of a position. */
export const POSITION_SIZE = 8;

const HIGH = 0x1_0000_0000;

/** Writes a position in the stream of bytes, a whole number up to 2^53: 64 bits, the highest first. */
export function writePosition(memory: Buffer, at: number, position: number): void {
  memory.writeUInt32BE(Math.floor(position / HIGH), at);
  memory.writeUInt32BE(position % HIGH, at + 4);
}

/**
 * Reads one. Above 2^53, which nobody reaches, it is not exact; but it is still above all that has been sent, and so it is
 * known to be wrong.
 */
export function readPosition(memory: Buffer, at: number): number {
  return memory.readUInt32BE(at) * HIGH + memory.readUInt32BE(at + 4);
}
