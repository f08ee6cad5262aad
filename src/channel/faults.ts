import { type MuxError, ProtocolError } from '../errors.js';
import { Broadcast } from '../reactive/broadcast.js';

/** Somebody who may want to see what goes wrong. */
export interface FaultWitness {
  readonly isWatching: boolean;
  saw(error: MuxError): void;
}

/** What the peer has done against the protocol, and what else goes wrong without the mux failing: all of it is counted. */
export class Faults extends Broadcast<MuxError> {
  readonly #witness: FaultWitness | undefined;
  #count = 0;

  /** @param witness - sees all of them, before those who subscribe */
  constructor(witness?: FaultWitness) {
    super();
    this.#witness = witness;
  }

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  override next(error: MuxError): void {
    this.#count += 1;
    if (this.#witness?.isWatching === true) {
      this.#witness.saw(error);
    }
    super.next(error);
  }

  /** The peer has done what it should not. */
  protocol(message: string, channelId?: number): void {
    this.report(() => new ProtocolError(message, { channelId }));
  }

  /** As `next`. The error is made where somebody wants it: it is costly, and a peer may cause many. */
  report(make: () => MuxError): void {
    if (this.observed || this.#witness?.isWatching === true) {
      this.next(make());
    } else {
      this.#count += 1;
    }
  }
}
