import type { Bytes } from '../bytes.js';
import { isolated } from '../reactive/report-error.js';
import type { HalfEnd } from './half-end.js';

/**
 * Takes the peer's bytes as a subscriber of `deliveries$` does, without a subscription: thousands of channels may have one,
 * and a busy one has many chunks. Bytes count as consumed when `acknowledge` says so.
 */
export interface Taker {
  /** Bytes have come. */
  onBytes(chunk: Bytes): void;
  /** None will come any more: `inbound$` has ended. */
  onEnd(end: HalfEnd): void;
}

/** `taker`, and with it those who take already. */
export function withTaker(present: Taker | undefined, taker: Taker): Taker {
  return present === undefined ? taker : new Takers([...all(present), taker]);
}

/** Those who take, `taker` no more. */
export function withoutTaker(present: Taker | undefined, taker: Taker): Taker | undefined {
  if (present === taker) {
    return undefined; // the usual case, and a busy one
  }
  return together(all(present).filter((each) => each !== taker));
}

/** Those of `before` who take now, too. */
export function stillTaking(before: Taker | undefined, now: Taker | undefined): Taker | undefined {
  if (before === now) {
    return now; // the usual case, and a busy one
  }
  const takers = all(now);
  return together(all(before).filter((each) => takers.includes(each)));
}

function together([one, ...others]: readonly Taker[]): Taker | undefined {
  return one === undefined || others.length === 0 ? one : new Takers([one, ...others]);
}

function all(present: Taker | undefined): readonly Taker[] {
  if (present === undefined) {
    return [];
  }
  return present instanceof Takers ? present.takers : [present];
}

/** Several: each is given everything. */
class Takers implements Taker {
  constructor(readonly takers: readonly Taker[]) {}

  onBytes(chunk: Bytes): void {
    for (const taker of this.takers) {
      isolated(() => {
        taker.onBytes(chunk);
      });
    }
  }

  onEnd(end: HalfEnd): void {
    for (const taker of this.takers) {
      isolated(() => {
        taker.onEnd(end);
      });
    }
  }
}
