import { defer, type Observable } from 'rxjs';
import { bufferOn } from '../arguments.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { Broadcast } from '../reactive/broadcast.js';

/**
 * What has come over a carrier that nobody listens to yet: it waits for the first subscriber, and so does the end.
 *
 * A subscriber gets what has waited in a microtask of its own, so that whoever has made it can listen to what comes of it.
 *
 * Small chunks that wait are joined: an object for each would be far more memory than the bytes that are counted.
 */
export class Inbox {
  readonly inbound$: Observable<Uint8Array> = defer(() => {
    this.#askedFor();
    return this.#chunks$;
  });
  readonly #chunks$ = new Broadcast<Uint8Array>();
  readonly #waiting = new ByteQueue();
  #end: (() => void) | undefined;
  /** Whether anybody has subscribed, and whether nothing waits for it any more. */
  #isAskedFor = false;
  #isOpen = false;

  /** @param onTaken - called with the length of each chunk just before it is emitted */
  constructor(private readonly onTaken: (bytes: number) => void) {}

  /** Bytes that wait. */
  get held(): number {
    return this.#waiting.length;
  }

  add(chunk: Uint8Array): void {
    if (this.#isOpen) {
      this.#pass(chunk);
    } else {
      this.#waiting.pushView(bufferOn(chunk));
    }
  }

  /** Nothing more comes; with an error, that is why. What is said first counts. */
  end(error?: Error): void {
    this.#end ??= () => {
      if (error === undefined) {
        this.#chunks$.complete();
      } else {
        this.#chunks$.error(error);
      }
    };
    if (this.#isOpen) {
      this.#end();
    }
  }

  /** Forgets what waits. */
  drop(): void {
    this.#waiting.clear();
  }

  #askedFor(): void {
    if (this.#isAskedFor) {
      return;
    }
    this.#isAskedFor = true;
    if (this.#waiting.length === 0) {
      this.#isOpen = true;
      this.#end?.();
    } else {
      queueMicrotask(() => {
        this.#open();
      });
    }
  }

  #open(): void {
    while (this.#waiting.length > 0) {
      this.#pass(this.#waiting.take(Infinity)); // which may cause more to come, or all to be dropped
    }
    this.#isOpen = true;
    this.#end?.();
  }

  #pass(chunk: Uint8Array): void {
    this.onTaken(chunk.length);
    this.#chunks$.next(chunk);
  }
}
