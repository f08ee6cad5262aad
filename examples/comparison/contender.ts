import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

/** One of the libraries that are compared. */
export interface Contender {
  /** The client: opens channels 0 and 1 and writes endlessly into both. */
  send(socket: Socket): void;

  /** The server: reads one chunk of channel 0 and no more, and all of channel 1. */
  receive(socket: Socket, onChunk: (channel: number, bytes: number) => void): void;
}

const CHUNK = Buffer.alloc(65_536);

/** A source that never runs dry and never hurries: it makes a chunk when it is asked for one. */
export const endless = (): Readable =>
  new Readable({
    read() {
      this.push(CHUNK);
    },
  });

/** The comparison ends by cutting the connection. That the channels then fail is as it should be. */
export const cutOff = (): void => undefined;
