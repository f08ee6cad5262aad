import { type SchedulerLike, Subscription, timer } from 'rxjs';

/**
 * Has things done later, in the order in which they were asked for, as long as none is asked for that is due before
 * another: timers that are due together may come in any order where a process is busy.
 */
export class InOrder {
  #due: (() => void)[] = [];
  #timers = new Subscription();

  /** @param scheduler - where the timers run */
  constructor(private readonly scheduler: SchedulerLike) {}

  /** Has `work` done, after so many ms. */
  add(delay: number, work: () => void): void {
    this.#due.push(work);
    this.#timers.add(
      timer(delay, this.scheduler).subscribe(() => {
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
