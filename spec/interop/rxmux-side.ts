import type { Duplex } from 'node:stream';
import { type Channel, type ChannelDuplex, Mux, type MuxOptions, toDuplex } from '../../src/index.js';
import type { ArrivedEnd, End, Received } from './end.js';
import { Side, type SideOptions } from './side.js';
import { StreamEnd } from './stream-end.js';

/** How a channel of rxmux is used: through its Subjects, or through `toDuplex`. */
export type Face = 'Subjects' | 'Duplex';

/** An rxmux mux. */
export class RxmuxSide extends Side {
  readonly mux: Mux;
  readonly #face: Face;
  readonly #window: { readonly highWaterMark?: number; readonly sendHighWaterMark?: number };

  constructor(carrier: Duplex, face: Face, { window, ...options }: SideOptions & MuxOptions = {}) {
    super();
    this.#face = face;
    this.#window = window === undefined ? {} : { highWaterMark: window, sendHighWaterMark: window };
    this.mux = new Mux(carrier, { keepAlive: false, peerChannelOptions: this.#window, ...options });
    this.mux.channels$.subscribe((channel) => {
      this.arrive(this.#end(channel));
    });
  }

  open(data?: string, channel?: number): End {
    return this.#end(this.mux.open(data, { ...this.#window, ...(channel !== undefined && { channel }) }));
  }

  get openCount(): number {
    return this.mux.openChannels.size;
  }

  #end(channel: Channel): ArrivedEnd {
    return this.#face === 'Subjects' ? new SubjectsEnd(channel) : new DuplexEnd(toDuplex(channel));
  }
}

class SubjectsEnd implements ArrivedEnd {
  readonly removed: Promise<void>;

  constructor(readonly channel: Channel) {
    this.removed = removal(channel);
  }

  get id(): number {
    return this.channel.id;
  }

  handshake(): Promise<string> {
    return peerHandshake(this.channel);
  }

  delay(): (data: string) => void {
    return this.channel.delayHandshake();
  }

  get unsent(): number {
    return this.channel.bufferedAmount;
  }

  write(data: Buffer | string): void {
    this.channel.outbound$.next(data);
  }

  end(): void {
    this.channel.outbound$.complete();
  }

  endWithError(): void {
    this.channel.outbound$.error(new Error('what the peer does not learn'));
  }

  destroy(): void {
    this.channel.destroy();
  }

  receive(): Promise<Received> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const settle = (error?: Error): void => {
        resolve({ bytes: Buffer.concat(chunks), error: error?.message });
      };
      this.channel.inbound$.subscribe({
        next: (chunk) => chunks.push(chunk),
        error: settle,
        complete: settle,
      });
    });
  }
}

class DuplexEnd extends StreamEnd<ChannelDuplex> implements ArrivedEnd {
  readonly removed: Promise<void>;

  constructor(stream: ChannelDuplex) {
    super(stream);
    this.removed = removal(stream.channel);
  }

  get id(): number {
    return this.stream.channel.id;
  }

  handshake(): Promise<string> {
    return peerHandshake(this.stream.channel);
  }

  delay(): (data: string) => void {
    return this.stream.channel.delayHandshake();
  }

  override get unsent(): number {
    return super.unsent + this.stream.channel.bufferedAmount;
  }

  endWithError(): void {
    this.stream.peerErrorThenEnd();
  }
}

const peerHandshake = (channel: Channel): Promise<string> =>
  new Promise((resolve, reject) => {
    channel.handshake$.subscribe({
      next: (data) => {
        resolve(data.toString());
      },
      error: reject,
    });
  });

const removal = (channel: Channel): Promise<void> =>
  new Promise((resolve) => {
    const settle = (): void => {
      resolve();
    };
    channel.closed$.subscribe({ complete: settle, error: settle });
  });
