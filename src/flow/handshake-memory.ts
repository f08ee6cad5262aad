/** Bytes of handshake data that every channel may have, whatever the others have. */
export const FREE_HANDSHAKE_DATA = 256;

/**
 * The memory for handshake data of the peer's, which a channel keeps for as long as it is open. What is more than
 * {@link FREE_HANDSHAKE_DATA} in a channel comes out of one budget for all.
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

  /** Takes what `length` bytes of handshake data need. Returns whether there was so much; if not, nothing is taken. */
  take(length: number): boolean {
    const isThere = this.fits(length);
    if (isThere) {
      this.#left -= beyondFree(length);
    }
    return isThere;
  }

  /** Puts back what `length` bytes of handshake data took. */
  giveBack(length: number): void {
    this.#left += beyondFree(length);
  }
}

const beyondFree = (length: number): number => Math.max(0, length - FREE_HANDSHAKE_DATA);
