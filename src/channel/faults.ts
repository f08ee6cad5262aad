import { Subject } from 'rxjs';
import { type MuxError, ProtocolError } from '../errors.js';

/** What the peer has done against the protocol, and what else goes wrong without the mux failing: all of it is counted. */
export class Faults extends Subject<MuxError> {
  #count = 0;

  /** How many there have been. */
  get count(): number {
    return this.#count;
  }

  override next(error: MuxError): void {
    this.#count += 1;
    super.next(error);
  }

  /** The peer has done what it should not. The error is made where somebody wants it: it is costly, and a peer may send many. */
  protocol(message: string, channelId?: number): void {
    if (this.observed) {
      this.next(new ProtocolError(message, { channelId }));
    } else {
      this.#count += 1;
    }
  }
}
