import { filter, skip } from 'rxjs';
import type { Channel } from 'rxmux';
import { json, type Messages, toMessages } from 'rxmux/messages';
import type { ChannelEnd, Peer } from '../peer.js';
import { connectRxmux } from './connect-rxmux.js';

/** rxmux through messages in JSON: a chunk is sent as a value of as many bytes (24 at least), their length before it. */
export const rxmuxMessages: Peer = {
  connect: (carrier) => connectRxmux(carrier, (channel) => new MessagesEnd(channel)),
};

interface Value {
  /** How many bytes it stands for. */
  readonly bytes: number;
  readonly text: string;
}

function valueOf(bytes: number): Value {
  const besides = JSON.stringify({ bytes, text: '' }).length;
  return { bytes, text: 'x'.repeat(Math.max(0, bytes - besides)) };
}

class MessagesEnd implements ChannelEnd {
  readonly #messages: Messages<Value>;
  #value = valueOf(0);

  constructor(channel: Channel) {
    this.#messages = toMessages<Value>(channel, json());
  }

  write({ length }: Buffer): boolean {
    if (this.#value.bytes !== length) {
      this.#value = valueOf(length);
    }
    this.#messages.outbound$.next(this.#value);
    return this.#messages.writable$.value;
  }

  onWritable(listener: () => void): void {
    this.#messages.writable$.pipe(skip(1), filter(Boolean)).subscribe(listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#messages.inbound$.subscribe(({ bytes }) => {
      listener(bytes);
    });
  }

  end(): void {
    this.#messages.outbound$.complete();
  }

  onClosed(listener: () => void): void {
    this.#messages.closed$.subscribe(listener);
  }
}
