import type { VirtualTimeScheduler } from 'rxjs';

/** ms after which nothing comes any more that a test waits for. */
const END = 100_000;

/** What Web Crypto is asked for. */
const CRYPTO = ['importKey', 'sign', 'verify'] as const;

/**
 * Virtual time, which waits for what takes real time: Web Crypto. So that counts as taking none, and all that is measured is
 * exact.
 */
export class VirtualTime {
  readonly #scheduler: VirtualTimeScheduler;
  #pending = 0;

  constructor(scheduler: VirtualTimeScheduler) {
    this.#scheduler = scheduler;
    for (const name of CRYPTO) {
      const real = crypto.subtle[name].bind(crypto.subtle) as (...given: unknown[]) => Promise<unknown>;
      jest.spyOn(crypto.subtle, name).mockImplementation(((...given: unknown[]) => {
        this.#pending += 1;
        return real(...given).finally(() => {
          this.#pending -= 1;
        });
      }) as never);
    }
  }

  /** Lets time pass until it holds. */
  async until(holds: () => boolean): Promise<void> {
    const scheduler = this.#scheduler;
    await this.#settle();
    while (!holds()) {
      const [next] = scheduler.actions;
      if (next === undefined || next.delay > END) {
        throw new Error('nothing comes any more');
      }
      scheduler.maxFrames = next.delay;
      scheduler.flush();
      await this.#settle();
    }
  }

  /** Waits until all has been worked out, and what waited for it has gone on. */
  async #settle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#pending > 0);
  }
}
