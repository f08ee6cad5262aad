/**
 * A clock that is looked at once in a task of the event loop, and in the microtasks that are due by then: to look at the system's
 * takes some 40 ns, more than most of what is timed.
 */
export class TaskClock {
  #time: number | undefined;

  /** @param clock - counts ms */
  constructor(private readonly clock: () => number) {}

  /** The time, ms. */
  readonly now = (): number => {
    if (this.#time === undefined) {
      this.#time = this.clock();
      void Promise.resolve().then(this.#forget);
    }
    return this.#time;
  };

  readonly #forget = (): void => {
    this.#time = undefined;
  };
}
