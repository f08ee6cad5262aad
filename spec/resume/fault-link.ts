import { BehaviorSubject, Subject } from 'rxjs';
import type { Carrier } from '../../src/index.js';

/** How a connection comes to its end. */
export type Cut =
  /** Both ends hear that it has ended, as after a FIN. */
  | 'fin'
  /** Both ends hear that it has failed, as after a RST. */
  | 'rst'
  /** Only the end that connects hears of it, or only the other one: that one's bytes vanish. */
  | 'near only'
  | 'far only'
  /** Nobody hears of it. */
  | 'silent';

/** Bytes after which a direction is cut, and how. */
export interface Faults {
  readonly toFar?: number;
  readonly toNear?: number;
  readonly cut?: Cut;
  /** Says how many bytes are delivered at once, and how many turns they wait. Default: all, none. */
  readonly piece?: () => number;
  readonly turns?: () => number;
}

const MARK = 65_536;

/** A connection in memory that can be cut after any byte, whose bytes can be held, and where each can be seen. */
export class FaultLink {
  readonly near: LinkEnd;
  readonly far: LinkEnd;
  readonly faults: Faults;
  #isCut = false;

  constructor(faults: Faults = {}) {
    this.faults = faults;
    this.near = new LinkEnd(this, faults.toFar ?? Infinity);
    this.far = new LinkEnd(this, faults.toNear ?? Infinity);
    this.near.other = this.far;
    this.far.other = this.near;
  }

  /** Cuts it. */
  cut(cut: Cut = this.faults.cut ?? 'fin'): void {
    if (this.#isCut) {
      return;
    }
    this.#isCut = true;
    this.near.isDead = true;
    this.far.isDead = true;
    const error =
      cut === 'rst' ? Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) : undefined;
    if (cut === 'fin' || cut === 'rst' || cut === 'near only') {
      this.near.close(error);
    }
    if (cut === 'fin' || cut === 'rst' || cut === 'far only') {
      this.far.close(error);
    }
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether anybody still listens at either end. */
  get isListenedTo(): boolean {
    return this.near.isListenedTo || this.far.isListenedTo;
  }
}

export class LinkEnd implements Carrier {
  other!: LinkEnd;
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$ = new BehaviorSubject(MARK);
  readonly #link: FaultLink;
  /** Bytes until the cut. */
  #left: number;
  #queue: Buffer[] = [];
  #queued = 0;
  #isHeld = false;
  #isScheduled = false;
  #isEnded = false;
  #isClosed = false;
  /** What is written vanishes. */
  isDead = false;
  /** Bytes that have been delivered to the other end. */
  delivered = 0;

  constructor(link: FaultLink, left: number) {
    this.#link = link;
    this.#left = left;
  }

  get isListenedTo(): boolean {
    return this.inbound$.observed || this.capacity$.observed;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isEnded || this.#isClosed) {
      return;
    }
    for (const chunk of chunks) {
      this.#queue.push(Buffer.from(chunk)); // a copy: the two ends share no memory
      this.#queued += chunk.length;
    }
    this.#schedule();
    this.#update();
  }

  end(): void {
    this.#isEnded = true;
    this.#schedule();
  }

  destroy(): void {
    if (!this.#isClosed) {
      this.close();
      if (!this.isDead && !this.#isHeld) {
        this.other.close();
      }
    }
  }

  /** Bytes that wait here. */
  get waiting(): number {
    return this.#queued;
  }

  /** What is written waits until it is {@link release}d, whatever becomes of this end. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#schedule();
  }

  close(error?: Error): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    if (error === undefined) {
      this.inbound$.complete();
    } else {
      this.inbound$.error(error);
    }
    this.capacity$.complete();
  }

  #update(): void {
    if (!this.#isClosed) {
      this.capacity$.next(Math.max(0, MARK - this.#queued));
    }
  }

  #schedule(turns = this.#link.faults.turns?.() ?? 0): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        if (turns > 0) {
          this.#schedule(turns - 1);
        } else {
          this.#deliver();
        }
      });
    }
  }

  #deliver(): void {
    if (this.isDead || this.#isHeld) {
      return;
    }
    const max = this.#link.faults.piece?.() ?? Infinity;
    const all = Buffer.concat(this.#queue);
    const bytes = all.subarray(0, Math.min(max, this.#left));
    const rest = all.subarray(bytes.length);
    this.#queue = rest.length > 0 ? [rest] : [];
    this.#queued = rest.length;
    this.#left -= bytes.length;
    if (bytes.length > 0) {
      this.delivered += bytes.length;
      this.other.inbound$.next(bytes);
    }
    if (this.#left === 0) {
      this.#link.cut();
      return;
    }
    this.#update();
    if (this.#queued > 0) {
      this.#schedule();
    } else if (this.#isEnded && !this.#isClosed) {
      this.other.inbound$.complete();
      this.capacity$.complete();
    }
  }
}
