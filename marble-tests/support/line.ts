import { BehaviorSubject, type SchedulerLike, Subject } from 'rxjs';
import type { Carrier } from '../../src/index.js';

export interface LineOptions {
  /** Bytes in a millisecond, each way. */
  readonly rate: number;
  /** Milliseconds, each way. */
  readonly delay: number;
  /** Bytes that wait at an end at most before the line. */
  readonly buffer: number;
}

/** One end of a {@link line}. */
class LineEnd implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$: BehaviorSubject<number>;
  other: LineEnd | undefined;
  #waiting = 0;
  /** When the line has sent all that waits. */
  #freeAt = 0;

  constructor(
    private readonly options: LineOptions,
    private readonly scheduler: SchedulerLike,
  ) {
    this.capacity$ = new BehaviorSubject(options.buffer);
  }

  write(chunks: readonly Uint8Array[]): void {
    const { rate, delay } = this.options;
    const now = this.scheduler.now();
    for (const chunk of chunks) {
      this.#waiting += chunk.length;
      this.#freeAt = Math.max(now, this.#freeAt) + chunk.length / rate;
      this.scheduler.schedule(() => {
        this.#waiting -= chunk.length;
        this.#updateCapacity();
      }, this.#freeAt - now);
      this.scheduler.schedule(
        () => {
          this.other?.inbound$.next(chunk);
        },
        this.#freeAt + delay - now,
      );
    }
    this.#updateCapacity();
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.other = undefined;
    this.inbound$.complete();
    this.capacity$.complete();
  }

  #updateCapacity(): void {
    this.capacity$.next(Math.max(0, this.options.buffer - this.#waiting));
  }
}

/** Two ends of a connection with a rate and a delay, in the time of a scheduler. */
export function line(options: LineOptions, scheduler: SchedulerLike): [Carrier, Carrier] {
  const [left, right] = [new LineEnd(options, scheduler), new LineEnd(options, scheduler)];
  left.other = right;
  right.other = left;
  return [left, right];
}
