import { BehaviorSubject, Subject } from 'rxjs';
import type { Carrier } from '../../../src/index.js';

/** A carrier that keeps nothing of what the mux says, so that it can run for long. With a capacity of 0 its peer never reads. */
export class QuietCarrier implements Carrier {
  readonly inbound$ = new Subject<Uint8Array>();
  readonly capacity$: BehaviorSubject<number>;
  /** What the mux says, for those who listen: whole frames. */
  readonly written$ = new Subject<Uint8Array>();
  /** Bytes that the mux has written. */
  written = 0;

  constructor(capacity = 65_536) {
    this.capacity$ = new BehaviorSubject(capacity);
  }

  write(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.written += chunk.length;
    }
    if (this.written$.observed) {
      this.written$.next(Buffer.concat(chunks));
    }
  }

  end(): void {
    this.capacity$.complete();
  }

  destroy(): void {
    this.inbound$.complete();
    this.capacity$.complete();
  }

  /** Lets the peer say something. */
  receive(...frames: readonly Buffer[]): void {
    this.inbound$.next(Buffer.concat(frames));
  }
}
