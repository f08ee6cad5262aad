import { Buffer } from 'node:buffer';
import type { Bytes } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { BODY_SIZES, HEADER_SIZE, LARGEST_BODY, RecordType } from './record.js';

/** What has been read. */
export interface ReadRecord {
  readonly type: number;
  /** The body; of DATA, the part of it that has come in one piece: a view of what was pushed. */
  readonly body: Bytes;
}

/**
 * Cuts what comes over a connection into records. It is pulled: between two records its owner may change its mind, and what
 * has been pushed waits.
 *
 * Of a record that is not DATA no more is kept than the largest of them has.
 */
export class RecordReader {
  /** What has come and not been read: chunks, oldest first; of the first one, from `#at` on. */
  #chunks: Buffer[] = [];
  #at = 0;
  /** Bytes of a DATA record's body that have not been read. */
  #dataLeft = 0;
  /** The header of the record that is being read, and its body behind it, unless that is DATA's. */
  readonly #read = Buffer.alloc(HEADER_SIZE + LARGEST_BODY);
  #size = 0;

  /** Bytes that have been pushed and not been read. */
  get waiting(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, -this.#at);
  }

  push(chunk: Bytes): void {
    if (chunk.length > 0) {
      this.#chunks.push(chunk);
    }
  }

  /**
   * The next record, or the next part of a DATA record; `undefined` where it has not come yet. Its body is to be used before
   * the next call.
   *
   * @throws {@link ProtocolError} where it is none: after that nothing more can be read
   */
  next(): ReadRecord | undefined {
    if (this.#dataLeft === 0 && !this.#readHead()) {
      return undefined;
    }
    if (this.#dataLeft > 0) {
      return this.#takeData();
    }
    const size = this.#size;
    this.#size = 0;
    return { type: this.#type, body: this.#read.subarray(HEADER_SIZE, size) };
  }

  get #type(): number {
    return this.#read.readUInt8(0);
  }

  /** Reads all of a record but the body of DATA. Returns whether it has come. */
  #readHead(): boolean {
    if (!this.#fill(HEADER_SIZE)) {
      return false;
    }
    const type = this.#type;
    const length = this.#read.readUInt32BE(1);
    if (type === RecordType.data && length > 0) {
      this.#dataLeft = length;
      this.#size = 0;
      return true;
    }
    if (length !== BODY_SIZES.get(type)) {
      throw new ProtocolError(`a record of type ${type} with ${length} bytes`);
    }
    return this.#fill(HEADER_SIZE + length);
  }

  /** Reads on until there are `size` bytes. Returns whether they have come. */
  #fill(size: number): boolean {
    let chunk = this.#chunks[0];
    while (this.#size < size && chunk !== undefined) {
      const end = Math.min(chunk.length, this.#at + size - this.#size);
      for (let at = this.#at; at < end; at += 1) {
        this.#read[this.#size] = Number(chunk[at]); // of so few bytes faster than `copy`
        this.#size += 1;
      }
      chunk = this.#moveTo(chunk, end);
    }
    return this.#size >= size;
  }

  #takeData(): ReadRecord | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) {
      return undefined;
    }
    const end = Math.min(chunk.length, this.#at + this.#dataLeft);
    const body = this.#at === 0 && end === chunk.length ? chunk : chunk.subarray(this.#at, end);
    this.#dataLeft -= body.length;
    this.#moveTo(chunk, end);
    return { type: RecordType.data, body };
  }

  /** All of `chunk` before `at` has been read. Returns the chunk to read on in. */
  #moveTo(chunk: Buffer, at: number): Buffer | undefined {
    if (at < chunk.length) {
      this.#at = at;
    } else {
      this.#chunks.shift();
      this.#at = 0;
    }
    return this.#chunks[0];
  }
}
