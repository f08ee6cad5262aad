import { defer, type Observable, Subject } from 'rxjs';

/**
 * What has come over a carrier that nobody listens to yet: it waits for the first subscriber, and so does the end.
 *
 * A subscriber gets what has waited in a microtask of its own, so that whoever has made it can listen to what comes of it.
 */
export class Inbox {
  readonly inbound$: Observable<Uint8Array> = defer(() => {
    this.#askedFor();
    return this.#chunks$;
  });
  readonly #chunks$ = new Subject<Uint8Array>();
  readonly #waiting: Uint8Array[] = [];
  #held = 0;
  #end: (() => void) | undefined;
  /** Whether anybody has subscribed, and whether nothing waits for it any more. */
  #isAskedFor = false;
  #isOpen = false;

  /** @param onTaken - called with the length of each chunk just before it is emitted */
  constructor(private readonly onTaken: (bytes: number) => void) {}

  /** Bytes that wait. */
  get held(): number {
    return this.#held;
  }

  add(chunk: Uint8Array): void {
    if (this.#isOpen) {
      this.#pass(chunk);
    } else {
      this.#waiting.push(chunk);
      this.#held += chunk.length;
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
    this.#waiting.length = 0;
    this.#held = 0;
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
    for (const chunk of this.#waiting) {
      this.#held -= chunk.length; // before it is emitted, since that may cause more to come, or all to be dropped
      this.#pass(chunk);
    }
    this.drop();
    this.#isOpen = true;
    this.#end?.();
  }

  #pass(chunk: Uint8Array): void {
    this.onTaken(chunk.length);
    this.#chunks$.next(chunk);
  }
}
