import type { Duplex } from 'node:stream';
import type { Received } from './end.js';

/** What the ends have in common that are Node streams. */
export abstract class StreamEnd<D extends Duplex> {
  readonly stream: D;
  /** Errors are kept from the start: bpmux emits the peer's before anybody has read what came before it. */
  #error: Error | undefined;

  constructor(stream: D) {
    this.stream = stream;
    stream.on('error', (error) => {
      this.#error ??= error;
    });
  }

  get unsent(): number {
    return this.stream.writableLength;
  }

  write(data: Buffer | string): void {
    this.stream.write(data);
  }

  end(): void {
    this.stream.end();
  }

  destroy(): void {
    this.stream.destroy();
  }

  receive(): Promise<Received> {
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const settle = (): void => {
        resolve({ bytes: Buffer.concat(chunks), error: this.#error?.message });
      };
      this.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      this.stream.on('end', settle).on('close', settle);
    });
  }
}
