import { Subject, VirtualTimeScheduler } from 'rxjs';
import type { NatsConnectionLike, NatsMessageLike } from '../../src/nats.js';

interface Subscribed {
  readonly owner: FakeNats;
  readonly subject: string;
  readonly queue: string | undefined;
  readonly callback: (error: Error | null, message: NatsMessageLike) => void;
}

interface Published {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string | undefined;
}

/** A server of NATS in memory: passes messages on when it is told to. */
export class FakeServer {
  readonly subscribed = new Set<Subscribed>();
  /** All that was ever published. */
  readonly published: Published[] = [];
  #waiting: Published[] = [];

  publish(message: Published): void {
    this.published.push(message);
    this.#waiting.push(message);
  }

  /** Loses what waits. */
  lose(): void {
    this.#waiting = [];
  }

  /** Passes on what waits, and what comes of it. */
  pass(): void {
    for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) {
      const { subject, data, reply } = message;
      const there = [...this.subscribed].filter((one) => one.subject === subject);
      const [first] = there;
      if (first !== undefined) {
        first.callback(null, { data, reply });
      } else if (reply !== undefined) {
        this.publish({ subject: reply, data: new Uint8Array(0), reply: undefined });
      }
    }
  }
}

/** A connection to it. */
export class FakeNats implements NatsConnectionLike {
  info: { max_payload: number } | undefined = { max_payload: 1_048_576 };
  refuses: Error | undefined;
  readonly #statuses$ = new Subject<{ readonly type: string; readonly error?: Error }>();
  readonly #closed: Promise<unknown>;
  #close: (reason?: unknown) => void = () => undefined;

  constructor(readonly server: FakeServer) {
    this.#closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  publish(subject: string, data: Uint8Array, { reply }: { reply?: string } = {}): void {
    if (this.refuses !== undefined) {
      throw this.refuses;
    }
    this.server.publish({ subject, data, reply });
  }

  subscribe(
    subject: string,
    { queue, callback }: Pick<Subscribed, 'callback'> & { queue?: string },
  ): { unsubscribe(): void } {
    if (this.refuses !== undefined) {
      throw this.refuses;
    }
    const one = { owner: this, subject, queue, callback };
    this.server.subscribed.add(one);
    return {
      unsubscribe: () => {
        this.server.subscribed.delete(one);
      },
    };
  }

  status(): AsyncIterable<{ readonly type: string; readonly error?: Error }> {
    const statuses$ = this.#statuses$;
    return {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          yield await new Promise<{ readonly type: string; readonly error?: Error }>((resolve, reject) => {
            const subscription = statuses$.subscribe({
              next: (status) => {
                subscription.unsubscribe();
                resolve(status);
              },
              error: reject,
            });
          });
        }
      },
    };
  }

  closed(): Promise<unknown> {
    return this.#closed;
  }

  /** The client tells of it. */
  async tell(type: string, error?: Error): Promise<void> {
    await turn();
    this.#statuses$.next(error === undefined ? { type } : { type, error });
    await turn();
  }

  /** Nobody tells of anything any more. */
  async failStatus(): Promise<void> {
    await turn();
    this.#statuses$.error(new Error('no more of it'));
    await turn();
  }

  /** The connection is closed, and can be used no more. */
  async close(reason?: unknown): Promise<void> {
    this.refuses = new Error('closed connection');
    this.#close(reason);
    await turn();
  }

  /** NATS does not let it listen there. */
  deny(subject: string): Error {
    const error = new Error(`Permissions Violation for Subscription to "${subject}"`);
    for (const one of this.server.subscribed) {
      if (one.owner === this && one.subject.startsWith(subject)) {
        one.callback(error, {} as NatsMessageLike);
      }
    }
    return error;
  }
}

/** Time that passes when it is told to. */
export class Time extends VirtualTimeScheduler {
  pass(ms: number): void {
    this.maxFrames = this.frame + ms;
    this.flush();
    this.frame = this.maxFrames;
  }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
