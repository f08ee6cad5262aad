import { Link, type LinkUser } from '../../src/nats/link.js';
import { decodeMessage, Flag, type SessionMessage } from '../../src/nats/session-message.js';

/** What becomes of messages: parts of all, and ms. */
export interface Weather {
  readonly lost: number;
  readonly doubled: number;
  /** ms that a message takes at least, and how much more at most: who takes less overtakes. */
  readonly delay: number;
  readonly jitter: number;
}

export const FINE: Weather = { lost: 0, doubled: 0, delay: 1, jitter: 0 };

/** Time, and what is to be done when. */
export class Clock {
  now = 0;
  #due: { readonly at: number; readonly work: () => void }[] = [];

  after(ms: number, work: () => void): void {
    const at = this.now + ms;
    const index = this.#due.findIndex((other) => other.at > at);
    this.#due.splice(index === -1 ? this.#due.length : index, 0, { at, work });
  }

  /** Goes on until nothing is due, or `isEnough`, or so much time has passed. */
  run(until: number, isEnough: () => boolean = () => false): void {
    for (
      let next = this.#due[0];
      next !== undefined && next.at <= until && !isEnough();
      next = this.#due[0]
    ) {
      this.#due.shift();
      this.now = Math.max(this.now, next.at);
      next.work();
    }
    this.now = isEnough() ? this.now : Math.max(this.now, until);
  }
}

/** One end of a session in a simulated network. */
export class TestEnd implements LinkUser {
  readonly link: Link;
  readonly chunks: Uint8Array[] = [];
  readonly happened: string[] = [];
  /** All that was sent, as it was sent. */
  readonly sent: SessionMessage[] = [];
  payloadSize = 1000;
  window = 10_000;
  weather = FINE;
  isReading = true;
  other: TestEnd | undefined;
  #waiting = 0;
  #isUp = true;
  #timer = Infinity;
  #isOver = false;

  constructor(
    readonly clock: Clock,
    readonly random: () => number,
    highWaterMark = 10_000,
    deadAfter = 10_000,
  ) {
    this.link = new Link({ highWaterMark, deadAfter }, this);
  }

  now(): number {
    return this.clock.now;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  get waiting(): number {
    return this.#waiting;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Its messages of those flags. */
  said(flag: number): SessionMessage[] {
    return this.sent.filter(({ flags }) => (flags & flag) !== 0);
  }

  do(work: (link: Link) => void): void {
    work(this.link);
    this.#arm();
  }

  lose(): void {
    this.#isUp = false;
    this.do((link) => {
      link.lost();
    });
  }

  restore(): void {
    this.#isUp = true;
    this.do((link) => {
      link.back();
    });
  }

  send(data: Uint8Array): void {
    const message = decodeMessage(data);
    if (message === undefined) {
      throw new Error('not a message');
    }
    this.sent.push(message);
    const { lost, doubled, delay, jitter } = this.weather;
    for (let copies = this.random() < doubled ? 2 : 1; copies > 0; copies -= 1) {
      if (this.random() >= lost) {
        this.clock.after(delay + this.random() * jitter, () => this.other?.hear(data));
      }
    }
  }

  hear(data: Uint8Array): void {
    const message = decodeMessage(data);
    if (this.#isUp && !this.#isOver && message !== undefined) {
      this.do((link) => {
        link.receive(message);
      });
    }
  }

  deliver(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.#waiting += bytes.length;
    if (this.isReading) {
      this.read();
    }
  }

  /** Takes what waits. */
  read(): void {
    const bytes = this.#waiting;
    this.#waiting = 0;
    this.do((link) => {
      link.took(bytes);
    });
  }

  ended(): void {
    if (!this.happened.includes('ended')) {
      this.happened.push('ended');
    }
  }

  arrived(): void {
    this.happened.push('arrived');
  }

  over(): void {
    this.happened.push('over');
    this.#isOver = true;
  }

  silent(): void {
    this.happened.push('silent');
    this.#isOver = true;
  }

  #arm(): void {
    const { dueAt } = this.link;
    if (dueAt < this.#timer && !this.#isOver) {
      this.#timer = dueAt;
      this.clock.after(Math.max(0, dueAt - this.clock.now), () => {
        if (this.#timer === dueAt) {
          this.#timer = Infinity;
          if (!this.#isOver) {
            this.do((link) => {
              link.tick();
            });
          }
        }
      });
    }
  }
}

/** Two ends that know each other. */
export function pair(random: () => number = () => 0.5, highWaterMark?: number, deadAfter?: number) {
  const clock = new Clock();
  const [near, far] = [
    new TestEnd(clock, random, highWaterMark, deadAfter),
    new TestEnd(clock, random, highWaterMark, deadAfter),
  ];
  near.other = far;
  far.other = near;
  return { clock, near, far };
}

/** Two ends that can send: what they say first has been heard. */
export function open(...settings: Parameters<typeof pair>) {
  const made = pair(...settings);
  for (const end of [made.near, made.far]) {
    end.do((link) => {
      link.open();
    });
  }
  made.clock.run(10);
  return made;
}

export { Flag };
