import type { ArrivedEnd, End } from './end.js';

/** Settings that both libraries know. */
export interface SideOptions {
  /** High-water marks of all channels, both ways. */
  window?: number;
  highChannels?: boolean;
  keepAlive?: number;
}

/** One side of the carrier: a mux of either library. */
export abstract class Side {
  readonly #arrived: ArrivedEnd[] = [];
  readonly #waiting: ((end: ArrivedEnd) => void)[] = [];

  /** Opens a channel, with handshake data. */
  abstract open(data?: string, channel?: number): End;

  /** Channels not yet removed. */
  abstract readonly openCount: number;

  /** The next channel that the peer has opened. It has been answered. */
  accept(): Promise<ArrivedEnd> {
    return this.acceptWith((end) => end);
  }

  /** What `take` makes of the next channel that the peer opens. Until it has returned, the channel is not answered. */
  acceptWith<T>(take: (end: ArrivedEnd) => T): Promise<T> {
    return new Promise((resolve) => {
      const end = this.#arrived.shift();
      if (end === undefined) {
        this.#waiting.push((next) => {
          resolve(take(next));
        });
      } else {
        resolve(take(end));
      }
    });
  }

  /** Channels that the peer has opened and nobody has accepted. */
  get unaccepted(): number {
    return this.#arrived.length;
  }

  protected arrive(end: ArrivedEnd): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#arrived.push(end);
    } else {
      next(end);
    }
  }
}
