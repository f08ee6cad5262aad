import { finished } from 'node:stream';
import type { ChannelEnd } from './peer.js';

/** Node streams as the end of a channel, used as the Node documentation has it: `write()`, `'drain'`, `'data'`. */
export class StreamEnd implements ChannelEnd {
  readonly #writable: NodeJS.WritableStream;
  readonly #readable: NodeJS.ReadableStream;

  constructor(duplex: NodeJS.ReadWriteStream);
  constructor(writable: NodeJS.WritableStream, readable: NodeJS.ReadableStream);
  constructor(
    writable: NodeJS.WritableStream,
    readable: NodeJS.ReadableStream = writable as NodeJS.ReadWriteStream,
  ) {
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
