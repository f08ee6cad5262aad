import { BehaviorSubject, type Observable, Subject } from 'rxjs';
import { bytesOf } from '../arguments.js';
import type { Carrier } from './carrier.js';
import { join } from './join.js';

/** A message without bytes: its sender sends no more. */
const END = new ArrayBuffer(0);

/**
 * A carrier over something that passes on messages, in order, and knows no half-close: so there is a message for that,
 * an empty one.
 *
 * Subclasses say how a message is sent and how much room there is, and tell what happens. The connection is closed when
 * both ends have said that they send no more.
 */
export abstract class MessageCarrier implements Carrier {
  readonly capacity$ = new BehaviorSubject(0);
  readonly #inbound$ = new Subject<Uint8Array>();
  #isOpen = false;
  /** Whether this side sends no more, which it says once it is open; and whether the far end has said so. */
  #isEnding = false;
  #hasFarEnded = false;
  #isClosed = false;

  get inbound$(): Observable<Uint8Array> {
    return this.#inbound$;
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
      this.abort();
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
      this.#inbound$.next(bytes);
    } else {
      this.#hasFarEnded = true;
      this.#inbound$.complete();
      this.#closeIfDone();
    }
  }

  /** The room may have changed. */
  protected update(): void {
    if (!this.#isOpen || this.#isClosed) {
      return;
    }
    const { buffered } = this;
    const room = Math.max(0, this.highWaterMark - buffered);
    if (room !== this.capacity$.value) {
      this.capacity$.next(room);
    }
    if (this.#isEndSent && buffered === 0) {
      this.capacity$.complete();
    }
  }

  /** The connection is closed, or, with an error, has failed. */
  protected closed(error?: Error): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    if (error === undefined) {
      this.#inbound$.complete();
    } else {
      this.#inbound$.error(error);
    }
    this.capacity$.complete();
  }

  /** Something has gone wrong after which the connection is of no use. */
  protected fail(error: Error): void {
    if (!this.#isClosed) {
      this.abort();
      this.closed(error);
    }
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
