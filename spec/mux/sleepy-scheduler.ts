import { VirtualTimeScheduler } from 'rxjs';

/** Virtual time in which the process can be asleep: the clock goes on, the timers do not. */
export class SleepyScheduler extends VirtualTimeScheduler {
  #slept = 0;

  constructor() {
    super();
    this.now = () => this.frame + this.#slept;
  }

  sleep(ms: number): void {
    this.#slept += ms;
  }
}
