import { BehaviorSubject, Subject } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import { WireReader } from './wire.js';

/** A carrier whose far end is the test: it says what the peer says, reads what the mux says, and sets the capacity. */
export class TestCarrier implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$: BehaviorSubject<number>;
  /** What the mux has said in each write. */
  readonly written$ = new Subject<string[]>();
  /** All that the mux has said. */
  readonly said: string[] = [];
  /** Each write, as the chunks that it was made of. */
  readonly writes: (readonly Uint8Array[])[] = [];
  isEnded = false;
  destroyedWith: { readonly error: Error | undefined } | undefined;
  readonly #reader = new WireReader();

  /** @param takesInAll - bytes until the carrier is full, which it stays; nothing given: it passes on everything at once */
  constructor(private readonly takesInAll?: number) {
    this.capacity$ = new BehaviorSubject(takesInAll ?? 65_536);
  }

  write(chunks: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(chunks);
    const messages = this.#reader.read(bytes);
    this.writes.push(chunks);
    this.said.push(...messages);
    if (this.takesInAll !== undefined) {
      this.capacity$.next(Math.max(0, this.capacity$.value - bytes.length));
    }
    this.written$.next(messages);
  }

  end(): void {
    this.isEnded = true;
    this.capacity$.complete();
  }

  destroy(error?: Error): void {
    this.destroyedWith = { error };
    this.inbound$.complete();
    this.capacity$.complete();
  }

  /** Lets the peer say something. */
  receive(...frames: readonly Buffer[]): void {
    this.inbound$.next(Buffer.concat(frames));
  }

  /** What the mux has said since the last call, once it has had its turn. */
  async hears(): Promise<string[]> {
    await turn();
    return this.said.splice(0);
  }
}

/** All microtasks that are due, and those that they make, have run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Two ends of a connection: what one of them writes has come to the other one when `write` returns. */
export function connectionAtOnce(): [TestCarrier, TestCarrier] {
  const [left, right] = [new TestCarrier(), new TestCarrier()];
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    from.write = (chunks) => {
      to.receive(...chunks.map((chunk) => Buffer.from(chunk)));
    };
  }
  return [left, right];
}
