import { type SchedulerLike, Subscription, timer } from 'rxjs';

/**
 * Has things done later, in the order in which they are asked for. None may be asked for that is due before another;
 * but timers that are due together come in any order where a process is busy.
 */
export class InOrder {
  #due: (() => void)[] = [];
  #timers = new Subscription();

  /** @param scheduler - where the timers run */
  constructor(private readonly scheduler: SchedulerLike) {}

  /** Has `work` done at a time of the scheduler's clock, or soon where that is over: never at once. */
  add(at: number, work: () => void): void {
    this.#due.push(work);
    this.#timers.add(
      timer(at - this.scheduler.now(), this.scheduler).subscribe(() => {
        this.#due.shift()?.();
      }),
    );
  }

  /** Takes back all that has not been done. */
  clear(): void {
    this.#due = [];
    this.#timers.unsubscribe();
    this.#timers = new Subscription();
  }
}
