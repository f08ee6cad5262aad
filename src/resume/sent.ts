import { ProtocolError } from '../errors.js';
import { unshared } from '../flow/compact.js';
import { ReplayBuffer, SMALL } from '../flow/replay-buffer.js';

/**
 * One direction of a session, where it begins: what has been given to be sent, and how much of it has certainly arrived.
 * The end counts for one byte, so that it is acknowledged like any other.
 *
 * Pure: it knows no connection and no clock.
 */
export class Sent {
  readonly #buffer = new ReplayBuffer();
  readonly #bufferSize: number;
  #isEnded = false;
  #isEndAcknowledged = false;

  /** @param bufferSize - bytes that may have been sent and not been acknowledged */
  constructor(bufferSize: number) {
    this.#bufferSize = bufferSize;
  }

  /** Bytes that may be written now. */
  get room(): number {
    return Math.max(0, this.#bufferSize - this.#buffer.length);
  }

  /** Bytes that are kept, since they may have to be sent again. */
  get kept(): number {
    return this.#buffer.length;
  }

  /** The position behind all bytes, without the end. */
  get end(): number {
    return this.#buffer.end;
  }

  /** Whether the end has been written, and whether the far end has it, with all before it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get isOver(): boolean {
    return this.#isEndAcknowledged;
  }

  write(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#buffer.append(chunk.length > SMALL ? unshared(chunk) : chunk); // the buffer copies small ones
    }
  }

  /** Nothing more is written. */
  finish(): void {
    this.#isEnded = true;
  }

  /**
   * The far end has all before `position`.
   *
   * @param sentTo - up to where it can have: default, all that there is
   * @throws {@link ProtocolError} where it cannot have, or has said already that it has more
   */
  acknowledge(position: number, sentTo = this.end + Number(this.#isEnded)): void {
    const { end } = this.#buffer;
    const start = this.#buffer.start + Number(this.#isEndAcknowledged);
    if (position < start || position > sentTo) {
      throw new ProtocolError(
        `the far end says that it is at ${position}, of the bytes from ${start} to ${sentTo}`,
      );
    }
    this.#isEndAcknowledged = position > end;
    this.#buffer.release(Math.min(position, end));
  }

  /** Bytes from `position` on, until there are `enough`. */
  read(position: number, enough: number): Uint8Array[] {
    return this.#buffer.read(position, enough);
  }

  /** Lets go of everything. */
  drop(): void {
    this.#buffer.release(this.#buffer.end);
  }
}
