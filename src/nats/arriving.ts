import { ProtocolError } from '../errors.js';

/** What {@link Arriving.accept} makes of a message. */
export interface Accepted {
  /** Those of its bytes that are new and in order. */
  readonly fresh: Uint8Array | undefined;
  /** Whether something before it is missing that nobody has asked for yet. */
  readonly isGap: boolean;
}

const NOTHING: Accepted = { fresh: undefined, isGap: false };
const GAP: Accepted = { fresh: undefined, isGap: true };

/** The part of the window after which the far end is told at once what has been taken. */
const TOLD_PART = 1 / 4;

/**
 * One direction of a session, where it arrives: what has come in order, how much of it has been taken, and how much the far
 * end may send. Whatever else comes, twice or too early, is left out. The end counts for one byte.
 *
 * Pure: it knows no connection and no clock.
 */
export class Arriving {
  #bytes = 0;
  #taken = 0;
  #told = 0;
  #granted = 0;
  #hasEnded = false;
  /** What was missing when the far end was asked for it. */
  #askedFor = -1;
  #isFarFull = false;

  /** Up to where all has come, with the end. */
  get received(): number {
    return this.#hasEnded ? this.#bytes + 1 : this.#bytes;
  }

  /** Up to where the bytes have been taken. */
  get taken(): number {
    return this.#taken;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Whether so much has been taken that it is to be told now; or the far end waits for it.
   *
   * @param window - what it may send beyond what has been taken
   */
  isDue(window: number): boolean {
    return this.#taken - this.#told >= window * TOLD_PART || (this.#isFarFull && this.#taken === this.#bytes);
  }

  /** The far end is about to be told how much has been taken, and that it may send so many bytes beyond. */
  tell(window: number): void {
    this.#told = this.#taken;
    this.#granted = Math.max(this.#granted, this.#taken + window);
    this.#isFarFull = false;
  }

  /**
   * A message has come, whose bytes (there may be none) begin at `position`.
   *
   * @param isEnd - whether none come after them
   * @param isFull - whether its sender waits
   * @throws ProtocolError where there are more than the far end was allowed, or some after its end
   */
  accept(position: number, bytes: Uint8Array, isEnd: boolean, isFull: boolean): Accepted {
    const end = position + bytes.length;
    if (position > this.received) {
      if (this.#askedFor === this.received) {
        return NOTHING;
      }
      this.#askedFor = this.received;
      return GAP;
    }
    if (this.#hasEnded) {
      if (bytes.length > 0 && end > this.#bytes) {
        throw new ProtocolError(`the far end has sent bytes after its end at ${this.#bytes}`);
      }
      return NOTHING;
    }
    if (end > this.#granted) {
      throw new ProtocolError(`the far end has sent bytes up to ${end}, and may up to ${this.#granted}`);
    }
    const isNew = end > this.#bytes;
    const fresh = isNew ? bytes.subarray(this.#bytes - position) : undefined;
    if (isNew) {
      this.#bytes = end;
    }
    if (end === this.#bytes) {
      this.#hasEnded = isEnd;
      this.#isFarFull ||= isFull;
    }
    return { fresh, isGap: false };
  }

  /** So many bytes have been taken. */
  take(bytes: number): void {
    this.#taken += bytes;
  }
}
