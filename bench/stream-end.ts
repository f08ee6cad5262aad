import { type Duplex, finished, type Readable, type Writable } from 'node:stream';
import type { ChannelEnd } from './peer.js';

/** Node streams as the end of a channel, used as the Node documentation has it: `write()`, `'drain'`, `'data'`. */
export class StreamEnd implements ChannelEnd {
  readonly #writable: Writable;
  readonly #readable: Readable;

  /** @param readable - where reading has a stream of its own */
  constructor(duplex: Duplex, readable?: Readable);
  constructor(writable: Writable, readable: Readable);
  constructor(writable: Duplex, readable: Readable = writable) {
    this.#writable = writable;
    this.#readable = readable;
  }

  write(chunk: Buffer): boolean {
    return this.#writable.write(chunk);
  }

  onWritable(listener: () => void): void {
    this.#writable.on('drain', listener);
  }

  onBytes(listener: (bytes: number) => void): void {
    this.#readable.on('data', (chunk: Buffer) => {
      listener(chunk.length);
    });
  }

  end(): void {
    this.#writable.end();
  }

  onClosed(listener: () => void): void {
    finished(this.#readable, listener);
  }
}
