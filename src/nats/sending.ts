import { ProtocolError } from '../errors.js';
import { ReplayBuffer } from '../flow/replay-buffer.js';

/**
 * One direction of a session, where it begins: what was given to be sent, up to where that has been sent, up to where it may
 * be, and what has arrived. What has been sent and has not arrived is kept, to be sent again. The end counts for one byte.
 *
 * Pure: it knows no connection and no clock.
 */
export class Sending {
  readonly #kept = new ReplayBuffer();
  readonly #highWaterMark: number;
  /** From where it goes on. */
  #next = 0;
  /** Up to where it was ever sent. */
  #sent = 0;
  #acknowledged = 0;
  #taken = 0;
  #limit = 0;
  #isEnding = false;

  /** @param highWaterMark - bytes that may have been sent and not been taken by the far end */
  constructor(highWaterMark: number) {
    this.#highWaterMark = highWaterMark;
  }

  /** Bytes that may be written now. */
  get room(): number {
    return Math.max(0, this.#limit - this.#kept.end);
  }

  /** From where it goes on. */
  get next(): number {
    return this.#next;
  }

  /** Up to where all has arrived. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Whether all that was written has been sent. */
  get isCurrent(): boolean {
    return this.#next === this.#kept.end;
  }

  /** Bytes that may be sent now. */
  get allowance(): number {
    return Math.max(0, this.#limit - this.#next);
  }

  /** Bytes that may be sent now, and are there. */
  get ready(): number {
    return Math.max(0, Math.min(this.#limit, this.#kept.end) - this.#next);
  }

  /** Whether the far end has to say something before more may be sent. */
  get isFull(): boolean {
    return this.#next >= this.#limit;
  }

  /** Whether all bytes have been sent and the end has not. */
  get isEndReady(): boolean {
    return this.#isEnding && this.#next === this.#kept.end;
  }

  /** Whether all has arrived, with the end. */
  get hasArrived(): boolean {
    return this.#acknowledged > this.#kept.end;
  }

  write(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#kept.append(chunk);
    }
  }

  /** Nothing more is written. */
  end(): void {
    this.#isEnding = true;
  }

  /** The next `length` bytes, which are {@link ready}, or more: they are about to be sent. */
  take(length: number): Uint8Array[] {
    const chunks = this.#kept.read(this.#next, length);
    this.#advance(length);
    return chunks;
  }

  /** The end is about to be sent. */
  takeEnd(): void {
    this.#advance(1);
  }

  /** What has not arrived is to be sent again. */
  goBack(): void {
    this.#next = this.#acknowledged;
  }

  /**
   * The far end has said how far it is. What it has said before, and comes late, changes nothing.
   *
   * @param received - up to where all has arrived
   * @param taken - up to where that has been taken
   * @param window - bytes that it takes beyond
   * @returns whether more has arrived than was known
   * @throws ProtocolError where that cannot be
   */
  acknowledge(received: number, taken: number, window: number): boolean {
    const { end } = this.#kept;
    if (received > this.#sent || taken > received) {
      throw new ProtocolError(
        `the far end has received up to ${received}, and taken up to ${taken}, of what was sent up to ${this.#sent}`,
      );
    }
    if (taken >= this.#taken) {
      this.#taken = taken;
      this.#limit = taken + Math.min(window, this.#highWaterMark);
    }
    if (received <= this.#acknowledged) {
      return false;
    }
    this.#acknowledged = received;
    this.#next = Math.max(this.#next, received);
    this.#kept.release(Math.min(received, end));
    return true;
  }

  /** Lets go of everything. */
  drop(): void {
    this.#kept.release(this.#kept.end);
  }

  #advance(by: number): void {
    this.#next += by;
    this.#sent = Math.max(this.#sent, this.#next);
  }
}
