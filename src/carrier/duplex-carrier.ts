import { Observable } from 'rxjs';
import type { Duplex } from 'node:stream';
import { unshared } from '../flow/compact.js';
import type { Carrier, SocketAddresses } from './carrier.js';
import { HeapAnchor } from './heap-anchor.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import { State } from '../reactive/state.js';

/** One for all sockets, since it is about the memory of the process. */
const anchor = new HeapAnchor();

/**
 * A Node `Duplex` as carrier: a TCP or TLS socket, a child process's stdio, an HTTP/2 stream.
 *
 * Its capacity is what its write buffer takes until `writableHighWaterMark`.
 */
export class DuplexCarrier implements Carrier {
  readonly inbound$: Observable<Buffer>;
  readonly capacity$: State<number>;
  /** Sockets deliver up to 32 chunks in a row. */
  readonly burstEnd$ = nextTurn$;
  readonly addresses: SocketAddresses;
  readonly #duplex: Duplex;

  /** @throws TypeError where `duplex` does not carry bytes: in object mode, or with `setEncoding()` */
  constructor(duplex: Duplex) {
    if (duplex.writableObjectMode || duplex.readableObjectMode) {
      throw new TypeError('carrier must be a stream of bytes, got one in object mode');
    }
    // `undefined` in streams of other copies of Node's stream module.
    if ((duplex.readableEncoding as BufferEncoding | null | undefined) != null) {
      throw new TypeError(`carrier must deliver bytes, got one with the encoding ${duplex.readableEncoding}`);
    }
    this.#duplex = duplex;
    this.addresses = duplex as SocketAddresses; // a socket has them
    this.capacity$ = new State(this.#room());
    this.inbound$ = new Observable<Buffer>((subscriber) => {
      const next = (chunk: Buffer | string): void => {
        if (typeof chunk === 'string') {
          error(new TypeError('carrier must deliver bytes, got text: setEncoding() was called'));
          return;
        }
        anchor.saw(chunk);
        subscriber.next(chunk);
      };
      const complete = (): void => {
        subscriber.complete();
      };
      const error = (reason: unknown): void => {
        subscriber.error(reason);
      };
      // First of the `close` listeners: a channel whose both halves are cut off hears that the carrier has ended.
      duplex.on('data', next).on('end', complete).on('error', error).prependListener('close', complete);
      duplex.resume(); // it may have been paused until there is a mux, as by `pauseOnConnect`
      if (duplex.errored) {
        error(duplex.errored);
      } else if (duplex.destroyed || duplex.readableEnded) {
        complete();
      }
      // The error listener stays: a carrier that fails after its mux has let go of it must not crash the process.
      subscriber.add(() =>
        duplex
          .off('data', next)
          .off('end', complete)
          .off('close', complete)
          .off('error', error)
          .on('error', ignore),
      );
    });

    const finish = (): void => {
      this.capacity$.complete();
    };
    duplex.on('finish', finish).on('close', finish);
    if (duplex.destroyed || duplex.writableFinished) {
      finish();
    }
  }

  write(chunks: readonly Uint8Array[]): void {
    if (!this.#duplex.writable) {
      return; // somebody else has ended it; its `finish` says so to the channels
    }
    const isWaiting = this.#duplex.writableLength > 0;
    const isVector = chunks.length > 1;
    if (isVector) {
      this.#duplex.cork();
    }
    let left = chunks.length;
    for (const chunk of chunks) {
      left -= 1;
      this.#duplex.write(isWaiting ? unshared(chunk) : chunk, left === 0 ? this.#update : undefined);
    }
    if (isVector) {
      this.#duplex.uncork();
    }
    this.#update();
  }

  end(): void {
    this.#duplex.end();
  }

  destroy(error?: Error): void {
    this.#duplex.destroy(error);
  }

  /** The stream's own `drain` comes only when its buffer is empty: too late to keep the line busy. */
  readonly #update = (): void => {
    this.capacity$.change(this.#room());
  };

  #room(): number {
    const { writableLength, writableHighWaterMark } = this.#duplex;
    // A stream whose mark is 0 still takes something once it is empty.
    return Math.max(writableLength === 0 ? 1 : 0, writableHighWaterMark - writableLength);
  }
}

/** Knows nothing of the mux: a socket that somebody keeps must not keep its mux. */
function ignore(): void {
  // a carrier's late error is nobody's any more
}
