import { Buffer } from 'node:buffer';

/** Pieces up to this size are copied into blocks; larger ones are kept by reference. */
export const SMALL = 4096;

/** Bounds of the blocks: the first is small, and each is twice as large as the one before. */
const MIN_BLOCK = 1024;
const MAX_BLOCK = 65_536;

const NOTHING = new Uint8Array();

/** Bytes `from` … `to` of some memory, and where the first of them stands in the stream. */
interface Piece {
  readonly start: number;
  memory: Uint8Array;
  readonly from: number;
  to: number;
}

/**
 * What has been sent and may have to be sent again: the bytes from one position of a stream to another. Nothing is ever
 * evicted: bytes go when they are {@link release}d.
 *
 * Small pieces are copied together, so that hardly more memory is kept than there are bytes. Large ones are kept by
 * reference.
 */
export class ReplayBuffer {
  #start: number;
  #end: number;
  /** Oldest first, from `#head` on. */
  #pieces: Piece[] = [];
  #head = 0;
  /** Where small pieces are gathered, and how much of it is in use. */
  #block: Uint8Array = NOTHING;
  #used = 0;

  /** @param position - where it begins */
  constructor(position = 0) {
    this.#start = position;
    this.#end = position;
  }

  /** The position of the oldest byte in it. */
  get start(): number {
    return this.#start;
  }

  /** The position behind the newest one. */
  get end(): number {
    return this.#end;
  }

  /** Bytes in it. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes at the end. They must not be changed afterwards. */
  append(bytes: Uint8Array): void {
    if (bytes.length > SMALL) {
      this.#pieces.push({ start: this.#end, memory: bytes, from: 0, to: bytes.length });
    } else if (bytes.length > 0) {
      this.#gather(bytes);
    }
    this.#end += bytes.length;
  }

  /** Lets go of all bytes before `position`, which is one from {@link start} to {@link end}. */
  release(position: number): void {
    this.#start = position;
    if (position === this.#end) {
      this.#pieces = [];
      this.#head = 0;
      this.#block = NOTHING; // an idle stream keeps nothing
      return;
    }
    let piece = this.#pieces[this.#head];
    while (piece !== undefined && endOf(piece) <= position) {
      piece.memory = NOTHING; // its place in the list stays for a while
      this.#head += 1;
      piece = this.#pieces[this.#head];
    }
    if (this.#head >= 64 && this.#head * 2 >= this.#pieces.length) {
      this.#pieces = this.#pieces.slice(this.#head);
      this.#head = 0;
    }
  }

  /**
   * The bytes from `position` on, which is one from {@link start} to {@link end}: as many as there are in whole pieces,
   * until there are `enough`. Views, which stay as they are.
   */
  read(position: number, enough: number): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let at = position;
    for (let index = this.#find(position); at < position + enough; index += 1) {
      const piece = this.#pieces[index];
      if (piece === undefined) {
        break;
      }
      const chunk = piece.memory.subarray(piece.from + at - piece.start, piece.to);
      chunks.push(chunk);
      at += chunk.length;
    }
    return chunks;
  }

  /** The piece with the byte of that position in it, or where that would be. */
  #find(position: number): number {
    let [low, high] = [this.#head, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const piece = this.#pieces[middle];
      if (piece !== undefined && endOf(piece) <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Puts bytes into the block: behind those of the last piece, where these are the last in it. */
  #gather(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#block.length) {
      this.#makeBlock(bytes.length);
    }
    const memory = this.#block;
    const from = this.#used;
    memory.set(bytes, from);
    this.#used += bytes.length;
    const last = this.#pieces.at(-1);
    if (last?.memory === memory) {
      last.to = this.#used;
    } else {
      this.#pieces.push({ start: this.#end, memory, from, to: this.#used });
    }
  }

  #makeBlock(atLeast: number): void {
    const size = Math.min(MAX_BLOCK, Math.max(MIN_BLOCK, 2 * this.#block.length, atLeast));
    this.#block = Buffer.allocUnsafeSlow(size);
    this.#used = 0;
  }
}

const endOf = ({ start, from, to }: Piece): number => start + to - from;
