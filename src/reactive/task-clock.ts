import type { TimestampProvider } from 'rxjs';

/** Made once: where answers come one by one, each begins a task of its own. */
const RESOLVED = Promise.resolve();

/**
 * A clock that is looked at once in a task of the event loop, and in the microtasks that are due by then: to look at the system's
 * takes some 40 ns, more than most of what is timed.
 */
export class TaskClock implements TimestampProvider {
  readonly #start: number;
  #time: number | undefined;
  #age: number | undefined;

  /** @param clock - counts ms */
  constructor(private readonly clock: TimestampProvider) {
    this.#start = clock.now();
  }

  /** The time, ms. */
  now(): number {
    if (this.#time === undefined) {
      this.#time = this.clock.now();
      void RESOLVED.then(this.#forget);
    }
    return this.#time;
  }

  /** Whole ms since it was made. A small number costs less memory than another one, and less time where it is kept. */
  age(): number {
    this.#age ??= Math.floor(this.now() - this.#start);
    return this.#age;
  }

  readonly #forget = (): void => {
    this.#time = undefined;
    this.#age = undefined;
  };
}
