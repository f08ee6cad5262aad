import { Buffer } from 'node:buffer';
import { compact, copy } from './compact.js';

/** Chunks up to this size are copied together; larger ones are queued as they are. */
const SMALL = 4096;

/** The blocks that small chunks are copied into. */
interface Blocks {
  /** So many bytes move to a larger block at most. What there is beyond comes in the next one. */
  readonly moved: number;
  /** How large a block is made for so many bytes, behind one of that size that is full of others, or 0. */
  readonly sizeFor: (bytes: number, before: number) => number;
}

/** For what the application gives: few moves, of few bytes. */
const ROOMY: Blocks = {
  moved: 16_384,
  sizeFor: (bytes, before) => Math.max(1024, 4 * bytes, before),
};

/** For what the peer sends: a quarter of the block is spare at most, and the application gets it in large pieces. */
const TIGHT: Blocks = {
  moved: 65_536,
  sizeFor: (bytes) => {
    const step = 2 ** Math.ceil(Math.log2(bytes)) / 8;
    return Math.max(128, Math.ceil(bytes / step) * step);
  },
};

const EMPTY = Buffer.alloc(0);

/**
 * Bytes in the order in which they came.
 *
 * Small chunks that follow each other are copied into one block, so that many small writes come out as one piece. Large
 * chunks are kept by reference, and so is a small one that is alone.
 *
 * Bytes that are pushed by {@link pushView}, and taken in whole pieces, keep no more memory than a third more than they
 * are (128 bytes at least, and an object for each piece).
 *
 * Memory that is kept by reference can be lost: somebody transfers it to another thread. What was in it is gone, and no
 * byte can follow.
 */
export class ByteQueue {
  #length = 0;
  /** Whole chunks, oldest first, from `#head` on. The block's bytes come after them. */
  #chunks: Buffer[] = NONE;
  #head = 0;
  /** Where small chunks are gathered: bytes `#start` … `#end` of the block are queued. */
  #block = EMPTY;
  #start = 0;
  #end = 0;

  /** Bytes queued. */
  get length(): number {
    return this.#length;
  }

  /** Puts `chunk` at the end. It must not be changed afterwards. */
  push(chunk: Buffer): void {
    if (chunk.length <= SMALL && this.#length > 0) {
      this.#gather(chunk, ROOMY);
    } else if (chunk.length > 0) {
      this.#seal();
      this.#append(chunk);
    }
    this.#length += chunk.length;
  }

  /**
   * The same for bytes that have to wait. Where they are few they are copied, also alone: the application may pass on a part of a
   * carrier's chunk, and must not keep all of that alive.
   */
  pushWaiting(chunk: Buffer): void {
    if (chunk.length <= SMALL) {
      this.#gather(chunk, ROOMY);
      this.#length += chunk.length;
    } else {
      this.push(chunk);
    }
  }

  /** The same for a view of memory that holds other bytes, too, so that little of these is kept alive. */
  pushView(view: Buffer): void {
    if (view.length <= SMALL && this.#length > 0) {
      this.#gather(view, TIGHT);
      this.#length += view.length;
    } else {
      this.push(view.length <= SMALL ? copy(view) : compact(view));
    }
  }

  /**
   * Takes bytes from the front: as many as come in one piece without copying, but no more than `max` (≥ 1). Empty if
   * nothing is queued; and, with all that is queued dropped, where the next bytes are gone with their memory.
   */
  take(max: number): Buffer {
    const chunk = this.#chunks[this.#head];
    const taken = chunk === undefined ? this.#takeGathered(max) : this.#takeChunk(chunk, max);
    this.#length -= taken.length;
    if (this.#length === 0) {
      this.clear();
    }
    return taken;
  }

  /** Puts `view`, which is not empty and may be of memory that holds other bytes, before all others. */
  putBack(view: Buffer): void {
    const bytes = compact(view);
    if (this.#head > 0) {
      this.#head -= 1;
      this.#chunks[this.#head] = bytes;
    } else {
      this.#chunks = [bytes, ...this.#chunks];
    }
    this.#length += bytes.length;
  }

  /** Drops everything. Returns how many bytes that were. */
  clear(): number {
    const dropped = this.#length;
    this.#length = 0;
    this.#chunks = NONE;
    this.#head = 0;
    this.#block = EMPTY;
    this.#start = 0;
    this.#end = 0;
    return dropped;
  }

  #append(chunk: Buffer): void {
    if (this.#chunks === NONE) {
      this.#chunks = [chunk];
    } else {
      this.#chunks.push(chunk);
    }
  }

  #takeChunk(chunk: Buffer, max: number): Buffer {
    if (chunk.length === 0) {
      this.clear();
      return EMPTY;
    }
    if (chunk.length > max) {
      this.#chunks[this.#head] = chunk.subarray(max);
      return chunk.subarray(0, max);
    }
    this.#chunks[this.#head] = EMPTY; // lets go of the memory before the array is cut
    this.#head += 1;
    if (this.#head >= 64 && this.#head * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#head);
      this.#head = 0;
    }
    return chunk;
  }

  #takeGathered(max: number): Buffer {
    const end = Math.min(this.#end, this.#start + max);
    const taken = this.#block.subarray(this.#start, end);
    this.#start = end;
    return taken;
  }

  /** Copies a small chunk behind the bytes of the block. */
  #gather(chunk: Buffer, blocks: Blocks): void {
    if (this.#end + chunk.length > this.#block.length) {
      this.#makeRoom(chunk.length, blocks);
    }
    this.#block.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Moves to a larger block; or goes on in another one, where many bytes are in it. */
  #makeRoom(bytes: number, { moved, sizeFor }: Blocks): void {
    const hasMany = this.#end - this.#start + bytes > moved;
    const before = hasMany ? this.#block.length : 0;
    if (hasMany) {
      this.#seal();
    }
    const gathered =
      this.#start < this.#end ? this.#block.subarray(this.#start, this.#end) : this.#popSmall();
    this.#block = Buffer.allocUnsafeSlow(sizeFor(gathered.length + bytes, before));
    this.#block.set(gathered);
    this.#start = 0;
    this.#end = gathered.length;
  }

  /** Takes the last whole chunk back, where it is small: it was queued by reference and is no longer alone. */
  #popSmall(): Buffer {
    const last = this.#chunks.at(-1);
    if (last === undefined || last.length > SMALL || last.length === 0) {
      return EMPTY; // one that is gone is not to be passed over
    }
    this.#chunks.pop();
    return last;
  }

  /** Ends the block's run of bytes: what comes next must come after it, and in memory of its own. */
  #seal(): void {
    if (this.#start < this.#end) {
      this.#append(compact(this.#block.subarray(this.#start, this.#end)));
      this.#block = EMPTY;
      this.#start = 0;
      this.#end = 0;
    }
  }
}

/** What `#chunks` is while nothing is queued, so that an idle queue owns no array. Never written to. */
const NONE: Buffer[] = [];
