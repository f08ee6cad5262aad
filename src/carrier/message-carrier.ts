import type { Observable } from 'rxjs';
import { bytesOf } from '../arguments.js';
import { State } from '../reactive/state.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Carrier } from './carrier.js';
import { Inbox } from './inbox.js';
import { join } from './join.js';

/** A message without bytes: its sender sends no more. */
const END = new ArrayBuffer(0);

/** Bytes that are kept at most for a mux that is still to be made. */
const MAX_HELD = 1_048_576;

/**
 * A carrier over something that passes on messages, in order, and knows no half-close: so there is a message for that,
 * an empty one.
 *
 * Subclasses say how a message is sent and how much room there is, and tell what happens. The connection is closed when
 * both ends have said that they send no more.
 *
 * What comes before anybody has subscribed to `inbound$` waits.
 */
export abstract class MessageCarrier implements Carrier {
  readonly #capacity$ = new State(0);
  readonly #inbox = new Inbox((bytes) => {
    this.taken(bytes);
  });
  #isOpen = false;
  /** Whether this side sends no more, which it says once it is open; and whether the far end has said so. */
  #isEnding = false;
  #hasFarEnded = false;
  #isClosed = false;

  get inbound$(): Observable<Uint8Array> {
    return this.#inbox.inbound$;
  }

  get capacity$(): StateObservable<number> {
    return this.#capacity$;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isOpen && !this.#isEnding) {
      this.#send(join(chunks));
    }
  }

  end(): void {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#sendEnd();
    }
  }

  destroy(): void {
    if (!this.#isClosed) {
      this.#giveUp();
      this.closed();
    }
  }

  // What subclasses do.

  /** Bytes that have been sent and not left yet. */
  protected abstract get buffered(): number;

  /** Bytes that may be so many. */
  protected abstract get highWaterMark(): number;

  /** Sends a message, which nobody else has. What it throws is what breaks the carrier. */
  protected abstract send(message: ArrayBuffer): void;

  /** Both ends have ended: closes the connection when all has left. */
  protected abstract close(): void;

  /** Closes the connection at once. */
  protected abstract abort(): void;

  /** Bytes that have come are about to be passed on. */
  protected taken(_bytes: number): void {
    // most need not know
  }

  /** More than `MAX_HELD` bytes wait for a mux. */
  protected overfull(): void {
    this.fail(new Error(`more than ${MAX_HELD} bytes have come, and nobody has made a mux for them`));
  }

  // What subclasses tell.

  /** Messages can be sent from now on. */
  protected opened(): void {
    this.#isOpen = true;
    if (this.#isEnding) {
      this.#sendEnd();
    }
    this.update();
  }

  /** A message has come, of which it is not known that it is one of bytes. */
  protected arrived(data: unknown): void {
    const bytes = bytesOf(data);
    if (bytes !== undefined) {
      this.received(bytes);
    } else {
      this.fail(new TypeError('the far end has sent a message that is not binary'));
    }
  }

  /** Bytes have come. */
  protected received(bytes: Uint8Array): void {
    if (this.#hasFarEnded || this.#isClosed) {
      return;
    }
    if (bytes.length > 0) {
      this.#inbox.add(bytes);
      if (this.held > MAX_HELD) {
        this.overfull();
      }
    } else {
      this.#hasFarEnded = true;
      this.#inbox.end();
      this.#closeIfDone();
    }
  }

  /** The room may have changed. */
  protected update(): void {
    if (!this.#isOpen || this.#isClosed) {
      return;
    }
    const { buffered } = this;
    this.#capacity$.change(Math.max(0, this.highWaterMark - buffered));
    if (this.#isEndSent && buffered === 0) {
      this.#capacity$.complete();
    }
  }

  /** The connection is closed, or, with an error, has failed. What is told first counts. */
  protected closed(error?: Error): void {
    this.#isClosed = true;
    this.#inbox.end(error);
    this.#capacity$.complete();
  }

  /** Something has gone wrong after which the connection is of no use. */
  protected fail(error: Error): void {
    if (!this.#isClosed) {
      this.#giveUp();
      this.closed(error);
    }
  }

  /** Whether it has come to its end, or has failed. */
  protected get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes that wait for a mux. */
  protected get held(): number {
    return this.#inbox.held;
  }

  #giveUp(): void {
    this.abort();
    this.#inbox.drop();
  }

  get #isEndSent(): boolean {
    return this.#isEnding && this.#isOpen;
  }

  #sendEnd(): void {
    if (this.#isOpen && !this.#isClosed) {
      this.#send(END.slice(0));
      this.#closeIfDone();
    }
  }

  #send(message: ArrayBuffer): void {
    try {
      this.send(message);
    } catch (error) {
      this.fail(error as Error);
    }
    this.update();
  }

  #closeIfDone(): void {
    if (this.#isEndSent && this.#hasFarEnded && !this.#isClosed) {
      this.close();
    }
  }
}
