import { BPMux, type BPDuplex, type DelayHandshake } from 'bpmux';
import type { Duplex } from 'node:stream';
import type { ArrivedEnd, End } from './end.js';
import { Side, type SideOptions } from './side.js';
import { StreamEnd } from './stream-end.js';

/** A bpmux mux. */
export class BpmuxSide extends Side {
  readonly mux: BPMux;
  readonly #window: { readonly highWaterMark?: number };

  constructor(carrier: Duplex, { window, highChannels, keepAlive }: SideOptions = {}) {
    super();
    this.#window = window === undefined ? {} : { highWaterMark: window };
    this.mux = new BPMux(carrier, {
      peer_multiplex_options: this.#window,
      high_channels: highChannels ?? false,
      keep_alive: keepAlive ?? false,
    });
    this.mux.on('peer_multiplex', (duplex) => {
      const end = new BpmuxEnd(this.mux, duplex);
      duplex.once('handshake', () => {
        this.arrive(end);
      });
    });
  }

  open(data = '', channel?: number): End {
    const duplex = this.mux.multiplex({
      ...this.#window,
      handshake_data: Buffer.from(data),
      ...(channel !== undefined && { channel }),
    });
    return new BpmuxEnd(this.mux, duplex);
  }

  get openCount(): number {
    return this.mux.duplexes.size;
  }
}

class BpmuxEnd extends StreamEnd<BPDuplex> implements ArrivedEnd {
  readonly removed: Promise<void>;
  readonly #handshake: Promise<string>;
  #delay: DelayHandshake | null = null;

  constructor(mux: BPMux, duplex: BPDuplex) {
    super(duplex);
    this.#handshake = new Promise((resolve) => {
      duplex.once('handshake', (data: Buffer, delay: DelayHandshake | null) => {
        this.#delay = delay;
        resolve(data.toString());
      });
    });
    this.removed = new Promise((resolve) => {
      mux.on('removed', (removed) => {
        if (removed === duplex) {
          resolve();
        }
      });
    });
  }

  get id(): number {
    return this.stream.get_channel();
  }

  handshake(): Promise<string> {
    return this.#handshake;
  }

  delay(): (data: string) => void {
    if (this.#delay === null) {
      throw new Error('the channel has been answered');
    }
    const answer = this.#delay();
    return (data) => {
      answer(Buffer.from(data));
    };
  }

  endWithError(): void {
    this.stream.peer_error_then_end();
  }
}
