/** Chunks from this size on count: sockets that are read fast deliver {@link LARGEST} bytes at a time. */
const LARGE = 32_768;

/** Memory that a chunk which is kept may be a part of: it is kept with it. */
const LARGEST = 65_536;

/** One of so many is kept. */
const KEPT_OF = 8;

/**
 * Keeps the last large chunk of every eight that have been read in this process, until the next one.
 *
 * The allocator of Linux (glibc) gives the free memory at the end of its heap back to the system. Of what a busy socket
 * reads, V8 frees 32 MiB at a time, and each of its 8192 pages costs a fault when it is used again: half of the time in
 * which bytes could be read. A chunk that stays there keeps all that lies before it.
 */
export class HeapAnchor {
  #read = 0;
  #kept: Uint8Array | undefined;

  /** The chunk that is kept. */
  get kept(): Uint8Array | undefined {
    return this.#kept;
  }

  /** `chunk` has been read. */
  saw(chunk: Uint8Array): void {
    if (chunk.length >= LARGE && chunk.buffer.byteLength <= LARGEST) {
      this.#read = (this.#read + 1) % KEPT_OF;
      if (this.#read === 0) {
        this.#kept = chunk;
      }
    }
  }
}
