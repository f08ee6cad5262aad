import { BehaviorSubject, Subject } from 'rxjs';
import type { Carrier } from '../../src/index.js';
import type { WireObserver } from './wire-observer.js';

export type Side = 'left' | 'right';
export const SIDES: readonly Side[] = ['left', 'right'];
export const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');

interface Manners {
  /** Whether a mux is expected to write only while there is room. */
  readonly coalesceWrites: boolean;
  /** Whether an END that follows its HANDSHAKE at once is put before it, as some peers send it. */
  readonly endsEarly: boolean;
}

const [END, HANDSHAKE] = [0, 1];
const END_FRAME = 9;

/** Frames, with each END before the HANDSHAKE that it follows at once. */
function endsFirst(bytes: Buffer): Buffer {
  const result = Buffer.from(bytes);
  let at = 0;
  while (at + 4 < result.length) {
    const next = at + 4 + result.readUInt32BE(at);
    const isSwapped =
      result[at + 4] === HANDSHAKE &&
      next - at >= 13 &&
      result[next + 4] === END &&
      result.readUInt32BE(next) === END_FRAME - 4 &&
      result.readUInt32BE(next + 5) === result.readUInt32BE(at + 5);
    if (isSwapped) {
      const handshake = Buffer.from(result.subarray(at, next));
      result.copyWithin(at, next, next + END_FRAME);
      handshake.copy(result, at + END_FRAME);
    }
    at = isSwapped ? next + END_FRAME : next;
  }
  return result;
}

/** One end of a {@link Link}: takes what a mux writes, and keeps it until the test delivers it to the other end. */
export class LinkEnd implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$: BehaviorSubject<number>;
  #queue: Buffer = Buffer.alloc(0);
  #isEnded = false;
  #isFinished = false;

  constructor(
    private readonly link: Link,
    private readonly side: Side,
    private readonly limit: number,
  ) {
    this.capacity$ = new BehaviorSubject(limit);
  }

  /** Bytes on their way to the other end. */
  get queued(): number {
    return this.#queue.length;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isEnded) {
      return; // the way of a socket that somebody else has ended
    }
    const bytes = Buffer.concat(chunks);
    // Without coalescing, an END may follow the last bytes into a carrier that these have filled.
    if (this.link.manners.coalesceWrites && this.capacity$.value <= 0) {
      this.link.fail(`${this.side} writes to a carrier that is full`);
    }
    this.link.observer.write(this.side, bytes);
    this.#queue = Buffer.concat([this.#queue, this.link.manners.endsEarly ? endsFirst(bytes) : bytes]);
    this.#updateCapacity();
  }

  end(): void {
    this.#isEnded = true;
    this.#finishIfEmpty();
  }

  destroy(): void {
    this.link.cut();
  }

  /** Hands the other end the next bytes, as one chunk. */
  deliver(bytes: number): void {
    const chunk = Buffer.from(this.#queue.subarray(0, bytes));
    if (chunk.length > 0) {
      this.#queue = this.#queue.subarray(chunk.length);
      this.link.observer.deliver(this.side, chunk.length);
      this.link.ends[other(this.side)].inbound$.next(chunk);
      this.#updateCapacity();
    }
    this.#finishIfEmpty();
  }

  /** The connection is gone: what was on its way is lost. */
  drop(): void {
    this.#queue = Buffer.alloc(0);
    this.#isEnded = true;
    this.inbound$.complete();
    this.capacity$.complete();
  }

  #updateCapacity(): void {
    this.capacity$.next(Math.max(0, this.limit - this.#queue.length));
  }

  #finishIfEmpty(): void {
    if (this.#isEnded && !this.#isFinished && this.#queue.length === 0) {
      this.#isFinished = true;
      this.capacity$.complete();
      this.link.ends[other(this.side)].inbound$.complete();
    }
  }
}

/** A connection in memory that delivers bytes when it is told to, in chunks of any size. */
export class Link {
  readonly ends: Readonly<Record<Side, LinkEnd>>;

  /**
   * @param limit - bytes on their way in one direction from which on the carrier is full
   * @param fail - called with what an end must not be asked for
   */
  constructor(
    readonly observer: WireObserver,
    limit: number,
    readonly manners: Manners,
    readonly fail: (message: string) => void,
  ) {
    this.ends = { left: new LinkEnd(this, 'left', limit), right: new LinkEnd(this, 'right', limit) };
  }

  /** Both directions are gone at once. */
  cut(): void {
    this.ends.left.drop();
    this.ends.right.drop();
  }
}
