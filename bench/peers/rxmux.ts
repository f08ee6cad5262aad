import { filter, skip } from 'rxjs';
import type { Channel } from 'rxmux';
import type { ChannelEnd, Peer } from '../peer.js';
import { connectRxmux } from './connect-rxmux.js';

/** rxmux through a channel's Subjects. */
export const rxmux: Peer = {
  connect: (carrier) => connectRxmux(carrier, (channel) => new SubjectsEnd(channel)),
};

/** A channel through its Subjects. */
export class SubjectsEnd implements ChannelEnd {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  write(chunk: Buffer): boolean {
    this.#channel.outbound$.next(chunk);
    return this.#channel.writable$.value;
  }

  onWritable(listener: () => void): void {
    this.#channel.writable$.pipe(skip(1), filter(Boolean)).subscribe(listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#channel.inbound$.subscribe((chunk) => {
      listener(chunk.length);
    });
  }

  end(): void {
    this.#channel.outbound$.complete();
  }

  onClosed(listener: () => void): void {
    this.#channel.closed$.subscribe(listener);
  }
}
