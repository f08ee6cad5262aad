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
  /** Each with the peer's handshake data, as it came. */
  readonly #waiting = new Map<C, Uint8Array>();
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
  add(channel: C, data: Uint8Array): void {
    if (this.channels$.observed && this.#waiting.size === 0) {
      this.#offer(channel);
    } else {
      this.#waiting.set(channel, data);
    }
  }

  /** The channel is not offered any more. Returns whether it would have been. */
  delete(channel: C): boolean {
    return this.#waiting.delete(channel);
  }

  /** Takes all that wait. */
  takeAll(): C[] {
    const all = [...this.#waiting.keys()];
    this.#waiting.clear();
    return all;
  }

  /** Takes those that wait for which `pick` gives something, each with that. */
  take<T>(pick: (data: Uint8Array) => T | undefined): (readonly [C, T])[] {
    const taken: (readonly [C, T])[] = [];
    for (const [channel, data] of this.#waiting) {
      const picked = pick(data);
      if (picked !== undefined) {
        this.#waiting.delete(channel);
        taken.push([channel, picked]);
      }
    }
    return taken;
  }

  /** Nothing is offered any more. */
  stop(): void {
    this.#waiting.clear();
    this.#offering.cancel();
  }

  #offerAll(): void {
    for (const channel of this.#waiting.keys()) {
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
