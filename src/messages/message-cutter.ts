import { Buffer } from 'node:buffer';
import { MessageTooBigError } from '../errors.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { memoryIsGone } from '../flow/memory-is-gone.js';
import { LENGTH_SIZE } from './message-frame.js';

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * Cuts chunks of bytes into messages. One that lies in one chunk is a view of it. Of one that does not, what has come is
 * kept, and no more memory than that needs, whatever length it claims to have.
 */
export class MessageCutter {
  readonly #maxMessageSize: number;
  readonly #channelId: number;
  /** What has not been cut begins at `at`. */
  #chunk = EMPTY;
  at = 0;
  /** Of a message that is not complete: the bytes of its length that have come, what they say so far, and its parts. */
  #lengthBytes = 0;
  #length = 0;
  readonly #parts = new ByteQueue();

  /**
   * @param maxMessageSize - bytes that a message may have
   * @param channelId - the number of the channel, for errors
   */
  constructor(maxMessageSize: number, channelId: number) {
    this.#maxMessageSize = maxMessageSize;
    this.#channelId = channelId;
  }

  /** Takes a chunk. The one before must have been cut, or taken back by {@link takeRest}. */
  take(chunk: Buffer): void {
    this.#chunk = chunk;
    this.at = 0;
  }

  /** Takes back what has not been cut. */
  takeRest(): Buffer {
    const rest = this.at < this.#chunk.length ? this.#chunk.subarray(this.at) : EMPTY; // mostly there is none
    this.take(EMPTY);
    return rest;
  }

  /** Bytes that are kept of a message that is not complete, those of its length included. */
  get kept(): number {
    return this.#lengthBytes + this.#parts.length;
  }

  /** Bytes that are missing for {@link cut} to go on: of the message, or of its length. */
  get missing(): number {
    return this.#lengthBytes < LENGTH_SIZE
      ? LENGTH_SIZE - this.#lengthBytes
      : this.#length - this.#parts.length;
  }

  /**
   * The next message, where it is complete. If it is not, the chunk has been used up.
   *
   * @throws MessageTooBigError where it is too large, TypeError where what was kept of it is gone: then no more may be cut
   */
  cut(): Buffer | undefined {
    const start = this.at + LENGTH_SIZE;
    if (this.#lengthBytes > 0 || start > this.#chunk.length) {
      return this.#assemble();
    }
    const length = this.#checked(this.#chunk.readUInt32BE(this.at));
    if (start + length > this.#chunk.length) {
      return this.#assemble();
    }
    this.at = start + length;
    return this.#chunk.subarray(start, this.at);
  }

  /** Forgets what is kept. */
  clear(): void {
    this.#lengthBytes = 0;
    this.#length = 0;
    this.#parts.clear();
  }

  #checked(length: number): number {
    if (length > this.#maxMessageSize) {
      throw new MessageTooBigError(length, this.#maxMessageSize, { channelId: this.#channelId });
    }
    return length;
  }

  #assemble(): Buffer | undefined {
    while (this.#lengthBytes < LENGTH_SIZE) {
      const byte = this.#chunk[this.at];
      if (byte === undefined) {
        return undefined;
      }
      this.at += 1;
      this.#lengthBytes += 1;
      this.#length = this.#length * 256 + byte;
    }
    this.#checked(this.#length);
    const part = this.#chunk.subarray(this.at, this.at + this.missing);
    this.at += part.length;
    this.#parts.pushView(part);
    return this.missing > 0 ? undefined : this.#join();
  }

  #join(): Buffer {
    const pieces: Buffer[] = [];
    while (this.#parts.length > 0) {
      const piece = this.#parts.take(Infinity);
      if (piece.length === 0) {
        throw memoryIsGone('messages');
      }
      pieces.push(piece);
    }
    this.clear();
    const [first = EMPTY] = pieces;
    return pieces.length > 1 ? Buffer.concat(pieces) : first;
  }
}
