import { BehaviorSubject, Subject } from 'rxjs';
import type { Carrier } from 'rxmux';

/** How often the line moves bytes, in ms. */
const TICK = 5;
/** Bytes that wait at an end until it says that it is full, as a socket's buffer. */
const BUFFER = 65_536;

/** A line whose rate and delay can be changed while it carries bytes, in real time. */
export class SimulatedLine {
  /** Bytes in a second, each way. */
  rate = 1_000_000;
  /** Milliseconds that a byte is under way. */
  delay = 30;
  /** Bytes that have arrived at the far end, of all connections. */
  delivered = 0;
  #ends: readonly LineEnd[] = [];

  /** Connects the two sides. */
  connect(): readonly [near: Carrier, far: Carrier] {
    const near = new LineEnd(this);
    const far = new LineEnd(this);
    near.other = far;
    far.other = near;
    far.onBytes = (bytes) => {
      this.delivered += bytes;
    };
    this.#ends = [near, far];
    return [near, far];
  }

  /** Breaks the connection: what is under way is lost. */
  cut(): void {
    for (const end of this.#ends) {
      end.lose();
    }
    this.#ends = [];
  }
}

class LineEnd implements Carrier {
  other!: LineEnd;
  onBytes: (bytes: number) => void = () => undefined;
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(BUFFER);
  readonly #line: SimulatedLine;
  /** What waits for the line; `undefined` is the end. */
  #leaving: (Uint8Array | undefined)[] = [];
  #waiting = 0;
  /** Bytes that the line has had time for, and that are not used up. */
  #budget = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  /** When the latest piece arrives: a delay that is made shorter lets none overtake. */
  #arrives = 0;
  #isGone = false;

  constructor(line: SimulatedLine) {
    this.#line = line;
  }

  write(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#leaving.push(chunk.slice());
      this.#waiting += chunk.length;
    }
    this.#tell();
    this.#start();
  }

  end(): void {
    this.#leaving.push(undefined);
    this.#start();
  }

  destroy(): void {
    this.lose();
    setTimeout(() => {
      this.other.lose();
    }, this.#line.delay);
  }

  lose(): void {
    if (!this.#isGone) {
      this.#isGone = true;
      clearTimeout(this.#timer);
      this.#leaving = [];
      this.inbound$.complete();
      this.capacity$.complete();
    }
  }

  #start(): void {
    if (this.#timer === undefined && !this.#isGone) {
      this.#last = performance.now();
      this.#budget = 0;
      this.#timer = setTimeout(this.#move, 0);
    }
  }

  readonly #move = (): void => {
    const now = performance.now();
    this.#budget += (this.#line.rate * (now - this.#last)) / 1000;
    this.#last = now;
    while (this.#leaving.length > 0 && this.#budget >= (this.#leaving[0]?.length ?? 0)) {
      this.#leave(this.#leaving.shift(), now);
    }
    this.#tell();
    this.#timer = this.#leaving.length > 0 && !this.#isGone ? setTimeout(this.#move, TICK) : undefined;
  };

  #leave(chunk: Uint8Array | undefined, now: number): void {
    this.#budget -= chunk?.length ?? 0;
    this.#waiting -= chunk?.length ?? 0;
    this.#arrives = Math.max(this.#arrives, now + this.#line.delay);
    setTimeout(() => {
      this.other.arrive(chunk);
    }, this.#arrives - now);
    if (chunk === undefined) {
      this.capacity$.complete();
    }
  }

  arrive(chunk: Uint8Array | undefined): void {
    if (this.#isGone) {
      return;
    }
    if (chunk === undefined) {
      this.inbound$.complete();
    } else {
      this.onBytes(chunk.length);
      this.inbound$.next(chunk);
    }
  }

  #tell(): void {
    if (!this.#isGone) {
      this.capacity$.next(Math.max(0, BUFFER - this.#waiting));
    }
  }
}
