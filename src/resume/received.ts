import { ProtocolError } from '../errors.js';

/** The part of the far end's buffer after which it is told at once what has come. */
const ACKNOWLEDGED_PART = 1 / 4;

/** The part of that after which it is told, where something else is said anyway: that costs next to nothing. */
const BESIDE = 1 / 4;

/**
 * One direction of a session, where it ends: how many bytes have been taken, and how many of them the far end has been told
 * of. Its end counts for one byte.
 *
 * Pure: it knows no connection and no clock.
 */
export class Received {
  #taken = 0;
  #endsAt: number | undefined;
  #told = 0;
  #enough = Infinity;

  /** The position up to which all has been taken, with the end, where that has come. */
  get position(): number {
    return this.hasEnded ? this.#taken + 1 : this.#taken;
  }

  /** Whether the end has come, and all before it has been taken. */
  get hasEnded(): boolean {
    return this.#taken === this.#endsAt;
  }

  /** Whether anything has been taken that the far end has not been told of. */
  get isNews(): boolean {
    return this.position > this.#told;
  }

  /** Whether that is so much that the far end is to be told now. */
  get isDue(): boolean {
    return this.position - this.#told >= this.#enough;
  }

  /** Whether that is so much that the far end is to be told when something else is said. */
  get isWorthTelling(): boolean {
    return this.position - this.#told >= this.#enough * BESIDE;
  }

  /** The far end keeps so many bytes until they are acknowledged. */
  peerKeeps(bufferSize: number): void {
    this.#enough = Math.max(1, Math.floor(bufferSize * ACKNOWLEDGED_PART));
  }

  /** So many bytes have been taken. */
  take(bytes: number): void {
    this.#taken += bytes;
  }

  /**
   * The far end ends at `position`.
   *
   * @param waiting - bytes that have come and not been taken
   * @throws {@link ProtocolError} where that is not behind all that has come
   */
  end(position: number, waiting: number): void {
    if (position !== this.#taken + waiting) {
      throw new ProtocolError(`the far end has ended at ${position}, after ${this.#taken + waiting} bytes`);
    }
    this.#endsAt = position;
  }

  /** Whether the end has come, whatever has been taken. */
  get isEndKnown(): boolean {
    return this.#endsAt !== undefined;
  }

  /** What has come and not been taken is lost, and comes again, the end too. */
  lose(): void {
    if (!this.hasEnded) {
      this.#endsAt = undefined;
    }
  }

  /** The position, which the far end is about to be told. */
  tell(): number {
    this.#told = this.position;
    return this.#told;
  }
}
