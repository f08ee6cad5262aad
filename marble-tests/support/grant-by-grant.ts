import { queueScheduler, Subject } from 'rxjs';
import { shareCapacity, type ShareCapacityOptions } from '../../src/index.js';
import type { TestFlow } from './flows.js';

/** `shareCapacity` without a clock: the test asks for each grant, and gets it at once. */
export class GrantByGrant {
  readonly #capacity$ = new Subject<number>();
  readonly #ready$ = new Subject<TestFlow>();
  readonly #granted: string[] = [];
  /** Called when a flow has taken the bytes of a grant, before `next` returns. */
  onGrant: (flow: TestFlow, bytes: number) => void = () => undefined;

  constructor(quantum: number | (() => number), options?: ShareCapacityOptions) {
    this.#ready$
      .pipe(shareCapacity<TestFlow>(this.#capacity$, { ...options, quantum, scheduler: queueScheduler }))
      .subscribe(({ flow, bytes }) => {
        flow.take(bytes);
        this.#granted.push(`${flow.name}${bytes}`);
        this.onGrant(flow, bytes);
      });
  }

  /** Says that flows are ready. */
  ready(...flows: TestFlow[]): void {
    for (const flow of flows) {
      this.#ready$.next(flow);
    }
  }

  /** Gives the flow bytes to send, and says that it is ready. */
  says(flow: TestFlow, bytes: number): void {
    flow.pending += bytes;
    this.#ready$.next(flow);
  }

  /** The next `count` grants. A capacity of 1 is used up by one grant, whatever its size. */
  next(count: number): string[] {
    for (let i = 0; i < count; i += 1) {
      this.#capacity$.next(1);
    }
    return this.#granted.splice(0);
  }

  /** What is granted when the carrier takes `bytes`. */
  take(bytes: number): string[] {
    this.#capacity$.next(bytes);
    return this.#granted.splice(0);
  }
}
