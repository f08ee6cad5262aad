import { asapScheduler, type SchedulerAction, Subscription } from 'rxjs';

/** Where work is deferred to: any RxJS scheduler. */
export interface TurnScheduler {
  /** Has `work` done later; unsubscribing takes it back. */
  schedule(work: () => void): Subscription;
}

/** How often work is done in one turn that asks for itself to be done again. */
const AT_ONCE = 16;

/**
 * Work to be done once at the end of a turn, however often it is asked for until then.
 *
 * Where it is asked for while it is being done, it is done again in the same turn, {@link AT_ONCE} times at most, so
 * that two who answer each other at once do not do so for ever.
 *
 * `asapScheduler` is everybody's: when one of its tasks throws, it drops all others that were due with it. There a dropped
 * task is scheduled anew; where another scheduler drops it, the next call of {@link schedule} does that.
 */
export class TurnTask {
  #isScheduled = false;
  /** Whether a turn is under way, which sees to what is asked for. */
  #isTurn = false;
  /** Whether that has been asked for. */
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

  /** Asks for the work to be done. Returns the task that it is part of, unless that is the turn under way. */
  schedule(): Subscription {
    if (this.#isTurn) {
      this.#isDue = true;
    } else if (!this.#isScheduled || this.#task.closed) {
      this.#isScheduled = true;
      if (this.scheduler !== asapScheduler) {
        this.#task = this.scheduler.schedule(this.#run);
      } else if (this.#task.closed) {
        this.#task = asapScheduler.schedule(this.#run);
        this.#task.add(this.#onClosed); // eslint-disable-line rxjs-x/no-unbound-methods -- it is no method
      } else {
        (this.#task as SchedulerAction<undefined>).schedule(); // a new one costs more
      }
    }
    return this.#task;
  }

  /** Whether a turn is under way. */
  get isTurn(): boolean {
    return this.#isTurn;
  }

  /** Takes back what was asked for. */
  cancel(): void {
    this.#isScheduled = false;
    this.#isDue = false;
    this.#task.unsubscribe();
  }

  /**
   * Takes `action` for a turn of its own: work that is asked for meanwhile is done when it has returned, not deferred.
   *
   * @param value - what `action` is called with, so that none has to be made for each value
   */
  during(action: () => void): void;
  during<T>(action: (value: T) => void, value: T): void;
  during(action: (value?: unknown) => void, value?: unknown): void {
    if (this.#isTurn) {
      action(value);
    } else {
      this.#takeTurn(action, value);
    }
  }

  readonly #run = (): void => {
    this.#isScheduled = false;
    this.#takeTurn(this.work);
  };

  /** It has been dropped, unless it has been done or cancelled. */
  readonly #onClosed = (): void => {
    if (this.#isScheduled && this.#task.closed) {
      this.schedule();
    }
  };

  #takeTurn(first: (value?: unknown) => void, value?: unknown): void {
    this.#isTurn = true;
    try {
      first(value);
      for (let times = 1; times < AT_ONCE && this.#takeDue(); times += 1) {
        this.work();
      }
    } finally {
      this.#isTurn = false;
      if (this.#takeDue()) {
        this.schedule();
      }
    }
  }

  #takeDue(): boolean {
    const isDue = this.#isDue;
    this.#isDue = false;
    return isDue;
  }
}
