import { channel as point } from 'node:diagnostics_channel';
import type { FaultWitness } from '../channel/faults.js';
import type { MuxChannel } from '../channel/mux-channel.js';

const MUX_OPEN = point('rxmux:mux:open');
const CHANNEL_OPEN = point('rxmux:channel:open');
const CHANNEL_CLOSED = point('rxmux:channel:closed');
const ERROR = point('rxmux:error');

/**
 * What a mux tells on Node's diagnostics channels, for tools that watch a program without a change to it. Where nobody listens
 * nothing is built; in browsers nobody does.
 */
export class Diagnostics<H> implements FaultWitness {
  readonly #mux: object;

  constructor(mux: object) {
    this.#mux = mux;
  }

  muxOpened(): void {
    MUX_OPEN.publish({ mux: this.#mux });
  }

  /** A channel is open, for this side. */
  opened(channel: MuxChannel<H>): void {
    if (CHANNEL_OPEN.hasSubscribers) {
      CHANNEL_OPEN.publish({ mux: this.#mux, channel });
    }
  }

  /** A channel is gone. */
  removed(channel: MuxChannel<H>): void {
    if (CHANNEL_CLOSED.hasSubscribers) {
      const { broken } = channel;
      CHANNEL_CLOSED.publish({ mux: this.#mux, channel, stats: channel.stats(), error: broken?.error });
    }
  }

  get isWatching(): boolean {
    return ERROR.hasSubscribers;
  }

  /** Something has gone wrong, or the mux has failed. */
  saw(error: unknown): void {
    ERROR.publish({ mux: this.#mux, error });
  }
}
