import { Buffer } from 'node:buffer';

/**
 * Bytes that have to wait. A view of less than three quarters of its memory is copied, to memory of its own: a few bytes must not
 * keep a whole chunk of the carrier's alive, nor a slab of Node's buffer pool.
 */
export function compact(bytes: Buffer): Buffer {
  return bytes.length * 4 < bytes.buffer.byteLength * 3 ? copy(bytes) : bytes;
}

/** The same bytes in memory of their own. */
export function copy(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** Bytes of the memory that small messages of all muxes are joined in. */
export const SHARED_MEMORY = 32_768;

/**
 * Bytes that have been written, and may have to wait for long. A small part of memory that others share is copied: it would keep
 * all of that. What is of larger memory is the application's own.
 */
export function unshared(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  return buffer.byteLength <= SHARED_MEMORY ? compact(Buffer.from(buffer, byteOffset, length)) : bytes;
}
