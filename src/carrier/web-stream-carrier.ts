import { Observable } from 'rxjs';
import type { UnsharedBytes } from '../bytes.js';
import { bytesOf, having, object, show, whole } from '../arguments.js';
import { State } from '../reactive/state.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import type { Carrier } from './carrier.js';
import { join } from './join.js';

/** What {@link WebStreamCarrier} needs of a WHATWG stream of bytes, both ways. */
export interface ByteStreamPair {
  readonly readable: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(reason?: unknown): Promise<unknown>;
    };
  };
  readonly writable: {
    getWriter(): {
      write(chunk: UnsharedBytes): Promise<unknown>;
      close(): Promise<unknown>;
      abort(reason?: unknown): Promise<unknown>;
      readonly closed: Promise<unknown>;
    };
  };
}

/** Settings of {@link WebStreamCarrier}. */
export interface WebStreamCarrierOptions {
  /** Bytes that may have been written and not yet been taken by the stream's sink. Default 65 536. */
  highWaterMark?: number | undefined;
}

const DEFAULTS = { highWaterMark: 65_536 };

/**
 * A WHATWG stream as carrier: a WebTransport's bidirectional stream, a `WebSocketStream`'s, a socket of Cloudflare's
 * Workers, the two ends of a `TransformStream`.
 *
 * It is read as fast as bytes come; each write is one chunk, in memory of its own. Both sides are locked. The capacity is
 * what `highWaterMark` leaves of the bytes that the stream's sink has not taken yet. Where either side fails, `inbound$`
 * errors with that, after what has come by then.
 *
 * @throws RangeError or TypeError that names the option which it cannot take; TypeError where a side is no stream, or is locked
 *
 * @example
 * ```ts
 * import { Mux } from 'rxmux';
 * import { type ByteStreamPair, WebStreamCarrier } from 'rxmux/web-streams';
 *
 * // const stream = await new WebTransport(url).createBidirectionalStream();
 * const muxOver = (stream: ByteStreamPair) => new Mux(new WebStreamCarrier(stream));
 * ```
 */
export class WebStreamCarrier implements Carrier {
  readonly inbound$: Observable<Uint8Array>;
  readonly #capacity$: State<number>;
  readonly #highWaterMark: number;
  readonly #reader: ReturnType<ByteStreamPair['readable']['getReader']>;
  readonly #writer: ReturnType<ByteStreamPair['writable']['getWriter']>;
  #waiting = 0;

  constructor(pair: ByteStreamPair, options?: WebStreamCarrierOptions) {
    const { highWaterMark } = object('options', options, DEFAULTS);
    this.#highWaterMark = whole('options.highWaterMark', highWaterMark, 1);
    const { readable, writable } = Object(pair) as ByteStreamPair;
    having('readable', readable, 'a ReadableStream', ['getReader']);
    having('writable', writable, 'a WritableStream', ['getWriter']);
    if ('locked' in writable && writable.locked === true) {
      throw new TypeError('writable must not be locked'); // and `readable` is left as it is
    }
    this.#reader = readable.getReader();
    this.#writer = writable.getWriter();
    this.#capacity$ = new State(highWaterMark);
    this.inbound$ = new Observable<Uint8Array>((subscriber) => {
      const failed = (reason: unknown): void => {
        subscriber.error(reason ?? new Error('the stream was aborted, and no reason was given'));
      };
      const read = async (): Promise<void> => {
        while (!subscriber.closed) {
          const { done, value } = await this.#reader.read();
          const bytes = bytesOf(value);
          if (done) {
            subscriber.complete();
          } else if (bytes === undefined) {
            throw new TypeError(`readable must deliver Uint8Arrays, got ${show(value)}`);
          } else if (bytes.length > 0) {
            subscriber.next(bytes);
          }
        }
      };
      read().catch(failed);
      this.#writer.closed.catch((reason: unknown) => {
        // The readable may come to its own end for that, and what has come of it is read first.
        nextTurn$.subscribe(() => {
          failed(reason);
          this.#capacity$.complete();
        });
      });
    });
    this.#writer.closed.then(() => {
      this.#capacity$.complete();
    }, ignore);
  }

  get capacity$(): StateObservable<number> {
    return this.#capacity$;
  }

  write(chunks: readonly Uint8Array[]): void {
    const bytes = new Uint8Array(join(chunks));
    this.#waits(bytes.length);
    // What breaks the stream is told by `closed`.
    this.#writer.write(bytes).then(() => {
      this.#waits(-bytes.length);
    }, ignore);
  }

  end(): void {
    this.#writer.close().catch(ignore);
  }

  destroy(error?: Error): void {
    this.#writer.abort(error).catch(ignore);
    this.#reader.cancel(error).catch(ignore);
    this.#capacity$.complete();
  }

  /** So many bytes more wait for the sink, or fewer. */
  #waits(bytes: number): void {
    this.#waiting += bytes;
    this.#capacity$.change(Math.max(0, this.#highWaterMark - this.#waiting));
  }
}

function ignore(): void {
  // the promise of one step; what happens to the stream is told otherwise
}
