import type { Duplex } from 'node:stream';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * The carrier by itself: what there is to be had.
 *
 * Writes of one turn are corked, as Node's documentation advises for small ones, so that they leave together; a
 * benchmark of 64-byte system calls would flatter everybody else.
 */
export const raw: Peer = {
  hasChannels: false,
  connect: (carrier) => ({
    open: () => Promise.resolve({ near: new CorkedEnd(carrier.near), far: new CorkedEnd(carrier.far) }),
  }),
};

class CorkedEnd extends StreamEnd {
  readonly #duplex: Duplex;
  #isCorked = false;

  constructor(duplex: Duplex) {
    super(duplex);
    this.#duplex = duplex;
  }

  override write(chunk: Buffer): boolean {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#duplex.cork();
      process.nextTick(this.#uncork);
    }
    return super.write(chunk);
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#duplex.uncork();
  };
}
