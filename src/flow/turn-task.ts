import { asapScheduler, Subscription } from 'rxjs';

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
  #isScheduled = false;
  #isHeld = false;
  /** Whether it was asked for while it was held. */
  #isDue = false;
  #task = Subscription.EMPTY;

  /**
   * @param work - what to do
   * @param scheduler - where it is deferred to; `asapScheduler` (a microtask) unless told
   */
  constructor(
    private readonly work: () => void,
    private readonly scheduler: TurnScheduler = asapScheduler,
  ) {}

  /** Asks for the work to be done. Returns the task that it is part of, unless it is part of {@link during}. */
  schedule(): Subscription {
    if (this.#isHeld) {
      this.#isDue = true;
    } else if (!this.#isScheduled || this.#task.closed) {
      this.#isScheduled = true;
      this.#task = this.scheduler.schedule(this.#run);
    }
    return this.#task;
  }

  /** Takes back what was asked for. */
  cancel(): void {
    this.#isScheduled = false;
    this.#isDue = false;
    this.#task.unsubscribe();
  }

  /**
   * Takes `action` for a turn of its own: work that is asked for meanwhile is done when it has returned, without being
   * deferred. (Work that is asked for by the work itself is deferred as ever, so that two who answer each other at once
   * do not do so for ever.)
   */
  during(action: () => void): void {
    if (this.#isHeld) {
      action();
      return;
    }
    this.#isHeld = true;
    try {
      action();
      if (this.#isDue) {
        this.#isDue = false;
        this.work();
      }
    } finally {
      this.#isHeld = false;
    }
    if (this.#isDue) {
      this.#isDue = false;
      this.schedule();
    }
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    this.work();
  };
}
