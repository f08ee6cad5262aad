import type { SchedulerLike } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { Broadcast } from '../reactive/broadcast.js';
import { State } from '../reactive/state.js';
import { InOrder } from './in-order.js';

/** What a {@link line} is like. */
export interface LineOptions {
  /** Where everything happens, and whose clock counts. */
  readonly scheduler: SchedulerLike;
  /** Milliseconds one way. */
  readonly delay: number;
  /** Bytes in a second, each way. */
  readonly rate: number;
  /** Bytes that may wait at each end for the line. */
  readonly buffer: number;
}

/** A connection in memory. */
export interface Line {
  readonly near: Carrier;
  readonly far: Carrier;
  /**
   * Breaks the connection: what is under way is lost, and both ends hear of it, as soon as the scheduler lets them.
   * Their `inbound$` errors with `error`, or completes where there is none. Only the first one counts. Needs
   * no `this`.
   */
  readonly cut: (error?: Error) => void;
}

/**
 * A connection with a rate and a delay, in the time of a scheduler. Bytes leave one after the other, at the rate, and
 * arrive after the delay: each chunk that is written arrives as one, when its last byte does.
 */
export function line(options: LineOptions): Line {
  const [near, far] = [new LineEnd(options), new LineEnd(options)];
  near.other = far;
  far.other = near;
  let isCut = false;
  return {
    near,
    far,
    cut: (error) => {
      if (!isCut) {
        isCut = true;
        near.cut(error);
        far.cut(error);
      }
    },
  };
}

class LineEnd implements Carrier {
  other!: LineEnd;
  readonly inbound$ = new Broadcast<Uint8Array>();
  readonly capacity$: State<number>;
  readonly #options: LineOptions;
  /** What waits here for the line to be free. */
  readonly #leaving: InOrder;
  /** What has left, and has not yet arrived at the other end. */
  readonly #underWay: InOrder;
  #waiting = 0;
  /** Since when the line has been busy with bytes of this end, how many those are, and when the last one leaves. */
  #busySince = 0;
  #bytesSince = 0;
  #freeAt = -Infinity;
  #isEnded = false;
  #isGone = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#leaving = new InOrder(options.scheduler);
    this.#underWay = new InOrder(options.scheduler);
    this.capacity$ = new State(options.buffer);
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isEnded) {
      return;
    }
    for (const chunk of chunks) {
      const copy = new Uint8Array(chunk); // the two ends share no memory, as those of a wire
      const leavesAt = this.#busyFor(copy.length);
      this.#waiting += copy.length;
      this.#leaving.add(leavesAt, () => {
        this.#waiting -= copy.length;
        this.#send(leavesAt, () => {
          this.other.inbound$.next(copy);
        });
        this.#updateCapacity();
      });
    }
    this.#updateCapacity();
  }

  end(): void {
    if (this.#isEnded) {
      return;
    }
    this.#isEnded = true;
    const leavesAt = this.#busyFor(0);
    this.#leaving.add(leavesAt, () => {
      this.#send(leavesAt, () => {
        this.other.inbound$.complete();
      });
      this.capacity$.complete();
    });
  }

  /** As with a socket, what has left arrives, and the other end learns that there is no more, but not why. */
  destroy(error?: Error): void {
    if (this.#isGone) {
      return;
    }
    this.#stop();
    const now = this.#options.scheduler.now();
    this.#leaving.add(now, () => {
      this.#close(error);
      this.#send(now, () => {
        this.other.#stop();
        this.other.#close();
      });
    });
  }

  cut(error?: Error): void {
    this.#stop();
    this.#underWay.clear();
    this.#leaving.add(this.#options.scheduler.now(), () => {
      this.#close(error);
    });
  }

  /** Nothing leaves any more. */
  #stop(): void {
    this.#isEnded = true;
    this.#isGone = true;
    this.#leaving.clear();
  }

  #close(error?: Error): void {
    if (error === undefined) {
      this.inbound$.complete();
    } else {
      this.inbound$.error(error);
    }
    this.capacity$.complete();
  }

  /**
   * The line is busy with so many bytes more. Returns when they have left. Bytes are counted since the line was idle,
   * and not added up as milliseconds: fractions of those are not exact.
   */
  #busyFor(bytes: number): number {
    const now = this.#options.scheduler.now();
    if (this.#freeAt <= now) {
      this.#busySince = now;
      this.#bytesSince = 0;
    }
    this.#bytesSince += bytes;
    this.#freeAt = this.#busySince + (1000 * this.#bytesSince) / this.#options.rate;
    return this.#freeAt;
  }

  /** What has left at `leftAt` is under way. */
  #send(leftAt: number, arrive: () => void): void {
    const { delay } = this.#options;
    if (delay === 0) {
      arrive();
    } else {
      this.#underWay.add(leftAt + delay, arrive);
    }
  }

  #updateCapacity(): void {
    this.capacity$.next(Math.max(0, this.#options.buffer - this.#waiting));
  }
}
