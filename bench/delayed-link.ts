import { Duplex } from 'node:stream';
import { Line, type LineOptions } from './line.js';
import type { CarrierPair } from './peer.js';

/**
 * A long link between two Duplexes in this process, the same both ways.
 *
 * Bytes count as written when they have left, or wait in the send buffer: those on their way are nobody's buffer.
 */
export function delayedLink(options: LineOptions): CarrierPair {
  const lines = {
    toFar: new Line(
      options,
      pushTo(() => far),
    ),
    toNear: new Line(
      options,
      pushTo(() => near),
    ),
  };
  const near: LinkEnd = new LinkEnd(lines.toFar, lines.toNear);
  const far: LinkEnd = new LinkEnd(lines.toNear, lines.toFar);
  return { near, far };
}

const pushTo = (end: () => LinkEnd) => (arrival: Buffer | null) => end().push(arrival);

class LinkEnd extends Duplex {
  readonly #outgoing: Line;
  readonly #incoming: Line;

  constructor(outgoing: Line, incoming: Line) {
    super();
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  /** Copies: the writer may use its buffer again. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#outgoing.send(Buffer.from(chunk), callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    this.#outgoing.send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: () => void): void {
    this.#outgoing.end();
    callback();
  }

  override _read(): void {
    this.#incoming.read();
  }
}
