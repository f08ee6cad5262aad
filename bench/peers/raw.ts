import type { Duplex } from 'node:stream';
import { corkTurn } from '../cork-turn.js';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * The carrier by itself: what there is to be had. Writes of one turn leave together; a benchmark of 64-byte system calls
 * would flatter everybody else.
 */
export const raw: Peer = {
  connect: (carrier) => ({
    open: () => Promise.resolve({ near: new CorkedEnd(carrier.near), far: new CorkedEnd(carrier.far) }),
  }),
};

class CorkedEnd extends StreamEnd {
  readonly #duplex: Duplex;

  constructor(duplex: Duplex) {
    super(duplex);
    this.#duplex = duplex;
  }

  override write(chunk: Buffer): boolean {
    corkTurn(this.#duplex);
    return super.write(chunk);
  }
}
