import { asyncScheduler, type SchedulerAction, type SchedulerLike, type Subscription } from 'rxjs';

/** RxJS's `asyncScheduler`, which knows the timers that are running. */
export class CountingScheduler implements SchedulerLike {
  readonly #running = new Set<Subscription>();

  get running(): number {
    return this.#running.size;
  }

  now(): number {
    return asyncScheduler.now();
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    const action = asyncScheduler.schedule(work, delay, state);
    this.#running.add(action);
    action.add(() => {
      this.#running.delete(action);
    });
    return action;
  }
}
