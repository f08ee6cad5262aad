import type { Channel } from '../channel/channel.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import { isolated } from '../reactive/report-error.js';
import { TurnTask } from '../reactive/turn-task.js';

/** What is asked of a channel that has arrived. */
export interface Arrival<H> extends Channel<H> {
  /** Somebody is being offered the channel. */
  offering(): void;
  /** Everybody who was offered the channel has seen it. */
  offered(): void;
}

/** The channels that the peer has opened and nobody has seen yet, and `channels$`, where they are offered. */
export class Arrivals<H, C extends Arrival<H>> {
  readonly #waiting = new Set<C>();
  readonly #offering = new TurnTask(() => {
    this.#offerAll();
  });
  readonly #backlog: number;
  readonly channels$ = new DemandSubject<Channel<H>>({
    onDemand: () => {
      this.#offering.schedule();
    },
  });

  /** @param backlog - how many may wait while nobody listens */
  constructor(backlog: number) {
    this.#backlog = backlog;
  }

  /** Whether one more has no place. */
  get isFull(): boolean {
    return !this.channels$.observed && this.#waiting.size >= this.#backlog;
  }

  has(channel: C): boolean {
    return this.#waiting.has(channel);
  }

  /** A channel has arrived: it is offered at once where somebody listens and nobody waits before it. */
  add(channel: C): void {
    if (this.channels$.observed && this.#waiting.size === 0) {
      this.#offer(channel);
    } else {
      this.#waiting.add(channel);
    }
  }

  /** The channel is not offered any more. Returns whether it would have been. */
  delete(channel: C): boolean {
    return this.#waiting.delete(channel);
  }

  /** Takes all that wait. */
  takeAll(): C[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }

  /** Nothing is offered any more. */
  stop(): void {
    this.#waiting.clear();
    this.#offering.cancel();
  }

  #offerAll(): void {
    for (const channel of this.#waiting) {
      if (!this.channels$.observed) {
        break;
      }
      this.#waiting.delete(channel);
      this.#offer(channel);
    }
  }

  #offer(channel: C): void {
    channel.offering();
    isolated(() => {
      this.channels$.next(channel);
    });
    channel.offered();
  }
}
