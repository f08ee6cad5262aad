import { ReadableStream, WritableStream } from 'node:stream/web';
import type { WebTransportLike } from '../../src/web-transport.js';

type Stream = Awaited<ReturnType<WebTransportLike['createBidirectionalStream']>>;

/** What can be different about a session. */
export interface Kind {
  /** Streams that may be open at a time, as the opener counts them. */
  readonly limit?: number;
  /** Whether the ends of streams reach the far end. Those of Deno 2.9 do not. */
  readonly tellsEnds?: boolean;
}

/** One direction of a stream. */
class Pipe {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #kind: Kind;
  #source!: ReadableStreamDefaultController<Uint8Array>;
  #sink!: { error: (error: unknown) => void };
  #hold: Promise<void> | undefined;
  #release: (() => void) | undefined;
  #pulled: (() => void) | undefined;
  /** Whether either side has ended it. */
  isEnded = false;

  constructor(kind: Kind, onEnd: () => void = () => undefined) {
    this.#kind = kind;
    const ended = (): void => {
      if (!this.isEnded) {
        this.isEnded = true;
        onEnd();
      }
    };
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#source = controller;
        },
        pull: () => this.#pulled?.(),
        cancel: () => {
          ended();
          if (kind.tellsEnds !== false) {
            this.#sink.error(new Error('STOP_SENDING'));
          }
        },
      },
      { highWaterMark: 65_536, size: (chunk: Uint8Array) => chunk.length },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#sink = controller;
      },
      write: async (chunk) => {
        await this.#hold;
        this.#source.enqueue(chunk.slice());
        if ((this.#source.desiredSize ?? 1) <= 0) {
          await new Promise<void>((resolve) => {
            this.#pulled = resolve;
          });
        }
      },
      close: async () => {
        await this.#hold;
        ended();
        if (this.#kind.tellsEnds !== false) {
          this.#end(() => {
            this.#source.close();
          });
        }
      },
      abort: () => {
        if (this.#kind.tellsEnds !== false) {
          this.reset();
        }
      },
    });
  }

  /** What is written from now on is under way until `release`. */
  hold(): void {
    this.#hold = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#hold = undefined;
    this.#release?.();
  }

  reset(error = new Error('RESET_STREAM')): void {
    this.#end(() => {
      this.#source.error(error);
    });
  }

  /** It goes with its session. */
  lose(error: Error): void {
    this.release();
    this.#sink.error(error);
    this.reset(error);
  }

  #end(action: () => void): void {
    try {
      action();
    } catch {
      // it has ended before
    }
  }
}

/** A stream both ways: `there` leads away from the side that has opened it. */
export interface Line {
  readonly there: Pipe;
  readonly back: Pipe;
}

/** One end of a session. */
export class TestSession implements WebTransportLike {
  readonly ready: Promise<void>;
  readonly closed: Promise<unknown>;
  readonly incomingBidirectionalStreams: ReadableStream<Stream>;
  readonly closedWith: unknown[] = [];
  /** The streams that this end has opened: that of control first. */
  readonly lines: Line[] = [];
  other!: TestSession;
  /** How many streams have been asked for. */
  asked = 0;
  /** Made of each stream that is opened next. */
  onLine: (line: Line) => void = () => undefined;
  isReady = true;
  becomeReady!: () => void;
  #refuse!: (error: Error) => void;
  #open = 0;
  #settle!: { resolve: (info: unknown) => void; reject: (error: unknown) => void };
  #incoming!: ReadableStreamDefaultController<Stream>;

  constructor(readonly kind: Kind = {}) {
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.#refuse = reject;
    });
    this.closed = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.incomingBidirectionalStreams = new ReadableStream({
      start: (controller) => {
        this.#incoming = controller;
      },
    });
  }

  createBidirectionalStream(): Promise<Stream> {
    this.asked += 1;
    if (this.#open === (this.kind.limit ?? Infinity)) {
      return Promise.reject(new Error('no more streams'));
    }
    this.#open += 1;
    let halves = 2;
    const onEnd = (): void => {
      halves -= 1;
      this.#open -= halves === 0 ? 1 : 0;
    };
    const line = { there: new Pipe(this.kind, onEnd), back: new Pipe(this.kind, onEnd) };
    this.lines.push(line);
    this.onLine(line);
    this.other.#incoming.enqueue({ readable: line.there.readable, writable: line.back.writable });
    return Promise.resolve({ readable: line.back.readable, writable: line.there.writable });
  }

  close(info: unknown): void {
    if (!this.isReady) {
      throw new Error('not connected');
    }
    this.closedWith.push(info);
    for (const end of [this, this.other]) {
      end.loseStreams(new Error('session closed'));
      end.#settle.resolve(info);
    }
  }

  /** The connection is lost, and both ends hear of it. */
  lose(error: Error): void {
    for (const end of [this, this.other]) {
      end.loseStreams(error);
      end.#settle.reject(error);
    }
  }

  /** It never becomes ready. */
  fail(error: Error): void {
    this.#refuse(error);
    this.#settle.reject(error);
  }

  /** It is over, and nobody says how. */
  settle(info?: unknown): void {
    this.#incoming.close();
    this.#settle.resolve(info);
  }

  loseStreams(error: Error): void {
    for (const { there, back } of this.lines) {
      there.lose(error);
      back.lose(error);
    }
    this.#incoming.error(error);
  }
}

/** Two ends of a session, which are ready. */
export function sessionPair(kind?: Kind, farKind = kind): [TestSession, TestSession] {
  const [near, far] = [new TestSession(kind), new TestSession(farKind)];
  near.other = far;
  far.other = near;
  near.becomeReady();
  far.becomeReady();
  return [near, far];
}
