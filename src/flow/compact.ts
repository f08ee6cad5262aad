import { Buffer } from 'node:buffer';

/**
 * Bytes that have to wait. A view of less than half of its memory is copied, to memory of its own: a few bytes must not
 * keep a whole chunk of the carrier's alive, nor a slab of Node's buffer pool.
 */
export function compact(bytes: Buffer): Buffer {
  if (bytes.length * 2 >= bytes.buffer.byteLength) {
    return bytes;
  }
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
