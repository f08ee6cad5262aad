import { Duplex } from 'node:stream';
import { Mux, type MuxOptions } from '../../src/index.js';

/** One end of a {@link duplexPair}. */
class End extends Duplex {
  other!: End;
  #pending: (() => void) | undefined;

  override _read(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.other.push(chunk)) {
      process.nextTick(callback);
    } else {
      this.other.#pending = callback;
    }
  }

  override _final(callback: () => void): void {
    this.other.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    callback(error);
    if (!this.other.destroyed) {
      this.other.destroy();
    }
  }
}

/** Two ends of a byte stream in memory, with back-pressure. */
export function duplexPair(highWaterMark = 65_536): [Duplex, Duplex] {
  const [left, right] = [new End({ highWaterMark }), new End({ highWaterMark })];
  left.other = right;
  right.other = left;
  return [left, right];
}

/** Two muxes over a byte stream in memory. */
export function connected(options?: MuxOptions, peerOptions?: MuxOptions): { local: Mux; peer: Mux } {
  const [left, right] = duplexPair();
  return {
    local: new Mux(left, { keepAlive: false, ...options }),
    peer: new Mux(right, { keepAlive: false, ...peerOptions }),
  };
}
