import { Buffer } from 'node:buffer';

/** Pieces up to this size are copied into blocks; larger ones are kept by reference. */
const SMALL = 16_384;

/** Bounds of the blocks: the first is small, and each is twice as large as the one before. */
const MIN_BLOCK = 1024;
const MAX_BLOCK = 65_536;

const NOTHING = new Uint8Array();

/** Bytes that follow each other in memory, and where they stand in the stream. */
interface Piece {
  start: number;
  bytes: Uint8Array;
}

/** Where small pieces are gathered: bytes `from` … `to` of the memory are those of the last piece. */
interface Block {
  readonly memory: Buffer;
  from: number;
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
  #block: Block | undefined;

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
      this.#pieces.push({ start: this.#end, bytes });
      this.#seal();
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
      this.#block = undefined; // an idle stream keeps nothing
      return;
    }
    let piece = this.#pieces[this.#head];
    while (piece !== undefined && endOf(piece) <= position) {
      piece.bytes = NOTHING; // its place in the list stays for a while
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
      const chunk = piece.bytes.subarray(at - piece.start);
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

  #gather(bytes: Uint8Array): void {
    let block = this.#block;
    if (block === undefined || block.to + bytes.length > block.memory.length) {
      const size = Math.min(MAX_BLOCK, 2 * (block?.memory.length ?? MIN_BLOCK / 2));
      block = { memory: Buffer.allocUnsafeSlow(Math.max(size, bytes.length)), from: 0, to: 0 };
      this.#block = block;
    }
    block.memory.set(bytes, block.to);
    block.to += bytes.length;
    const gathered = block.memory.subarray(block.from, block.to);
    const last = this.#pieces.at(-1);
    if (last?.bytes.buffer === gathered.buffer && gathered.length > bytes.length) {
      last.bytes = gathered;
    } else {
      this.#pieces.push({ start: this.#end, bytes: gathered });
    }
  }

  /** What comes next into the block is a piece of its own. */
  #seal(): void {
    if (this.#block !== undefined) {
      this.#block.from = this.#block.to;
    }
  }
}

const endOf = ({ start, bytes }: Piece): number => start + bytes.length;
