import { from, type InteropObservable, type Observable, Subject, takeUntil } from 'rxjs';
import type { Feed, Intake } from './feed.js';
import type { Overflow } from './overflow.js';

/**
 * An Observable, which cannot be held back.
 *
 * Values that wait do so in the target, where they take no more memory than their bytes; only the latest waits here, since
 * it may have to make way for another.
 */
export class Push<T> implements Feed {
  readonly #source$: Observable<T>;
  readonly #intake: Intake<T>;
  readonly #overflow: Overflow;
  #latest: Uint8Array | undefined;
  readonly #letGo$ = new Subject<void>();

  constructor(source: InteropObservable<T>, intake: Intake<T>, overflow: Overflow) {
    this.#source$ = from(source);
    this.#intake = intake;
    this.#overflow = overflow;
  }

  start(): void {
    // A source may be let go while it is being subscribed to: by what it emits then.
    this.#source$.pipe(takeUntil(this.#letGo$)).subscribe({
      next: (value) => {
        this.#take(value);
      },
      error: (error: unknown) => {
        this.#letGo$.complete();
        this.#fail(error);
      },
      complete: () => {
        this.#letGo$.complete();
        this.resume(Infinity);
        this.#intake.complete();
      },
    });
  }

  skip(): void {
    // nobody has subscribed to it
  }

  /** Gives the value that waits for room. */
  resume(room = this.#intake.room): void {
    const latest = this.#latest;
    if (latest !== undefined && room > 0) {
      this.#latest = undefined;
      this.#intake.give(latest);
    }
  }

  letGo(): void {
    this.#latest = undefined;
    this.#letGo$.next();
  }

  #take(value: T): void {
    let bytes: Uint8Array;
    try {
      bytes = this.#intake.encode(value);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (bytes.length === 0) {
      return; // there is nothing to be sent, and so nothing that could wait
    }
    if (this.#intake.room > 0) {
      this.#latest = undefined;
      this.#intake.give(bytes);
    } else {
      this.#wait(bytes);
    }
  }

  #wait(bytes: Uint8Array): void {
    if (this.#overflow === 'latest') {
      this.#latest = bytes;
    } else if (this.#overflow !== 'drop') {
      const { limit } = this.#overflow;
      if (bytes.length - this.#intake.room <= limit) {
        this.#intake.give(bytes);
      } else {
        this.#intake.overflow(limit);
      }
    }
  }

  #fail(error: unknown): void {
    this.resume(Infinity);
    this.#intake.fail(error);
  }
}
