import { Buffer } from 'node:buffer';
import { HEADER_SIZE } from './session-message.js';

/**
 * Bytes of a block at most. What is kept of it, to be sent again, keeps all of it: so it is a part of what may be under way.
 */
const BLOCK_SIZE = 262_144;

const NOTHING = Buffer.alloc(0);

/**
 * Memory for messages that are written in a row: one block for many of them. A block for each message is what the garbage
 * collector is kept busy with where much is sent.
 */
export class MessageMemory {
  #block = NOTHING;

  /**
   * For a message with so many bytes.
   *
   * @param rest - bytes that are still to come in messages of that size, these included
   */
  take(length: number, rest: number): Buffer {
    const size = HEADER_SIZE + length;
    if (this.#block.length < size) {
      const all = rest + Math.ceil(rest / length) * HEADER_SIZE;
      this.#block = Buffer.allocUnsafeSlow(Math.max(size, Math.min(all, BLOCK_SIZE)));
    }
    const memory = this.#block.subarray(0, size);
    this.#block = this.#block.subarray(size);
    return memory;
  }
}
