import type { Channel } from 'rxmux';
import { type Exchanged, randomBytes, receive, sha256 } from './exchange.js';

/** The window of a channel that nobody reads: it has no reason to grow. */
export const WINDOW = 65_536;

/** What has moved through a channel, as one side sees it. */
export interface Counts {
  readonly sent: number;
  readonly arrived: number;
}

/** A channel that is given bytes, and that nobody reads until it is resumed. */
export class HeldChannel {
  readonly #channel: Channel;
  readonly #data = randomBytes(8 * WINDOW + 1);

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.outbound$.next(this.#data);
    channel.outbound$.complete();
  }

  counts(): Counts {
    return {
      sent: this.#data.length - this.#channel.bufferedAmount,
      arrived: WINDOW - this.#channel.receiveWindow$.value,
    };
  }

  /** Reads until the far end has sent all. */
  async resume(): Promise<Exchanged> {
    const { bytes, areUint8Arrays } = await receive(this.#channel);
    return {
      id: this.#channel.id,
      bytesSent: this.#data.length,
      sent: await sha256(this.#data),
      received: await sha256(bytes),
      areUint8Arrays,
    };
  }
}
