import { Buffer } from 'node:buffer';
import { SHARED_MEMORY } from '../flow/compact.js';

const EMPTY = Buffer.alloc(0);

/**
 * The slab in use, and how much of it. All batches share it, so an empty batch owns no memory. It is all zeros at first,
 * which costs nothing that could be measured: whatever goes wrong, what the process had there before cannot leave.
 */
let slab = EMPTY;
let used = 0;

/**
 * What a carrier is to be given next, in order. Small pieces are written to a slab of memory, where they come out joined;
 * large ones are kept by reference, so that they are not copied.
 */
export class WriteBatch {
  #length = 0;
  #chunks: Buffer[] = [];
  /** Where small pieces are written to: `#start` … `#end` of it are this batch's latest ones, not yet in `#chunks`. */
  #memory = EMPTY;
  #start = 0;
  #end = 0;

  /** Bytes in the batch. */
  get length(): number {
    return this.#length;
  }

  /** Where the bytes are that the last {@link reserve} has spoken of. */
  get memory(): Buffer {
    return this.#memory;
  }

  /** Makes room for a piece of `size` bytes. Returns where in {@link memory} they are to be written. */
  reserve(size: number): number {
    const canFollow = this.#memory === slab && this.#end === used && used + size <= slab.length;
    if (!canFollow) {
      this.seal();
      this.#moveOn(size);
    }
    const at = this.#end;
    this.#end += size;
    this.#length += size;
    if (this.#memory === slab) {
      used = this.#end;
    }
    return at;
  }

  /** Adds a piece by reference. */
  append(chunk: Buffer): void {
    this.seal();
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Takes everything out. */
  take(): Buffer[] {
    this.seal();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    this.#memory = EMPTY;
    return chunks;
  }

  /** What is added from now on is not joined to what is there. */
  seal(): void {
    if (this.#end > this.#start) {
      this.#chunks.push(this.#memory.subarray(this.#start, this.#end));
      this.#start = this.#end;
    }
  }

  #moveOn(size: number): void {
    if (size > SHARED_MEMORY) {
      this.#memory = Buffer.alloc(size);
      this.#end = 0;
    } else {
      if (used + size > slab.length) {
        slab = Buffer.alloc(SHARED_MEMORY);
        used = 0;
      }
      this.#memory = slab;
      this.#end = used;
    }
    this.#start = this.#end;
  }
}
