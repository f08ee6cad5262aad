/** Bytes of handshake data and reasons that every channel may have, whatever the others have. */
export const FREE_HANDSHAKE_DATA = 256;

/**
 * The memory for handshake data of the peer's, and for its reasons, which a channel keeps for as long as it is open. What
 * is more than {@link FREE_HANDSHAKE_DATA} in a channel comes out of one budget for all.
 */
export class HandshakeMemory {
  #left: number;

  /** @param budget - bytes */
  constructor(budget: number) {
    this.#left = budget;
  }

  /** Whether there is what `length` bytes of handshake data need. */
  fits(length: number): boolean {
    return beyondFree(length) <= this.#left;
  }

  /**
   * A channel that keeps `from` bytes is to keep `to`. Returns whether there is what these need; if not, it has what it
   * had.
   */
  resize(from: number, to: number): boolean {
    const more = beyondFree(to) - beyondFree(from);
    const isThere = more <= this.#left;
    if (isThere) {
      this.#left -= more;
    }
    return isThere;
  }
}

const beyondFree = (length: number): number => Math.max(0, length - FREE_HANDSHAKE_DATA);
