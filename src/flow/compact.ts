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
