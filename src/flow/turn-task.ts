import { asapScheduler, type Subscription } from 'rxjs';

/** Where work is deferred to: any RxJS scheduler. */
export interface TurnScheduler {
  /** Has `work` done later; unsubscribing takes it back. */
  schedule(work: () => void): Subscription;
}

/**
 * Work to be done once at the end of a turn, however often it is asked for until then.
 *
 * `asapScheduler` is everybody's: when one of its tasks throws, it drops all others that were due with it. A dropped
 * task is closed, so the next call of {@link schedule} schedules it anew.
 */
export class TurnTask {
  #isDue = false;
  #task: Subscription | undefined;

  /**
   * @param work - what to do
   * @param scheduler - where it is deferred to; `asapScheduler` (a microtask) unless told
   */
  constructor(
    private readonly work: () => void,
    private readonly scheduler: TurnScheduler = asapScheduler,
  ) {}

  /** Asks for the work to be done. */
  schedule(): void {
    if (!this.#isDue || this.#task?.closed === true) {
      this.#isDue = true;
      this.#task = this.scheduler.schedule(this.#run);
    }
  }

  /** Takes back what was asked for. */
  cancel(): void {
    this.#isDue = false;
    this.#task?.unsubscribe();
  }

  readonly #run = (): void => {
    this.#isDue = false;
    this.work();
  };
}
