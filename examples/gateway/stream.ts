import { Observable, Subject, type Subscription, timer } from 'rxjs';
import { type Channel, ChannelError } from 'rxmux';
import { patternByte } from './pattern.js';
import type { Request } from './request.js';
import { TRANSFORMS } from './transforms.js';

/** Bytes that are sent at once, and ms of rest when they have come back. */
const BLOCK = 2048;
const REST = 50;

/** One stream: a block goes to the service, comes back changed, and the next one follows. Every byte is looked at. */
export class Stream {
  readonly number: number;
  readonly request: Request;
  sent = 0;
  received = 0;
  /** Why it has failed. */
  error: unknown;
  /** It has ended as it should: all bytes have come back, and then the end. */
  isComplete = false;
  readonly #channel: Channel;
  readonly #change: (byte: number) => number;
  readonly #progress$ = new Subject<void>();
  #resting: Subscription | undefined;
  #isFinishing = false;

  constructor(number: number, request: Request, channel: Channel) {
    this.number = number;
    this.request = request;
    this.#channel = channel;
    this.#change = TRANSFORMS[request.service] ?? ((byte) => byte);
    channel.inbound$.subscribe({
      next: (chunk) => {
        this.#receive(chunk);
      },
      error: (error: unknown) => {
        this.#end(error);
      },
      complete: () => {
        this.#complete();
      },
    });
    this.#send();
  }

  get hasFailed(): boolean {
    return this.error !== undefined;
  }

  /** Emits when bytes have come, and at the end. */
  get progress$(): Observable<void> {
    return this.#progress$;
  }

  /** Sends no more than it has begun with, and ends. */
  finish(): void {
    this.#isFinishing = true;
    if (this.#resting !== undefined) {
      this.#resting.unsubscribe();
      this.#send();
    }
  }

  #send(): void {
    this.#resting = undefined;
    if (this.#isFinishing) {
      this.#channel.outbound$.complete();
      return;
    }
    const from = this.sent;
    this.sent += BLOCK;
    this.#channel.outbound$.next(
      Uint8Array.from({ length: BLOCK }, (_, index) => patternByte(this.number, from + index)),
    );
  }

  #receive(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (this.received >= this.sent || byte !== this.#change(patternByte(this.number, this.received))) {
        this.#channel.destroy(new ChannelError('WRONG_BYTES', `at position ${this.received}`));
        return;
      }
      this.received += 1;
    }
    if (this.received === this.sent) {
      this.#resting = timer(REST).subscribe(() => {
        this.#send();
      });
    }
    this.#progress$.next();
  }

  #complete(): void {
    if (this.#isFinishing && this.received === this.sent) {
      this.isComplete = true;
      this.#progress$.next();
    } else {
      this.#end(new ChannelError('ENDED_EARLY', 'the end has come before the bytes'));
    }
  }

  #end(error: unknown): void {
    this.error = error;
    this.#resting?.unsubscribe();
    this.#resting = undefined;
    this.#progress$.next();
  }
}
