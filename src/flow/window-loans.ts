import type { TimestampProvider } from 'rxjs';
import { Fifo, type Queued } from './fifo.js';
import type { WindowMemory } from './window-memory.js';

/** Somebody who waits for a loan. */
export interface Borrower {
  /** Takes the loan, where it can be had now. */
  borrow(): boolean;
  /** Need not wait any more, until it has used up again what it has. */
  stopWaiting(): void;
}

/** A place among those who wait. Who has one keeps it: many wait again and again. */
export class LoanPlace implements Queued {
  next: this | undefined;
  previous: this | undefined;
  isTaken = false;
  /** Since when (ms) it is taken. */
  since = 0;

  /** @param borrower - who waits there */
  constructor(readonly borrower: Borrower) {}
}

/** The first who waits for a loan waits no longer than this (ms), and no longer than this after the last came back. */
const PATIENCE = 2000;
const STANDSTILL = 500;

/** After having waited in vain, windows do without for so long (ms): at first, and when it has been in vain many times. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 64_000;

/**
 * Who gets a part of the window memory for one use.
 *
 * Where more windows are busy than the memory holds, each can have a small part all the time. But a window of a few KiB
 * means a message for every few KiB. So they take turns: whoever has used up what it has waits for a loan that makes a
 * whole window, uses that up, gives it back, and waits again. The first who waits is the first who gets.
 *
 * That is good for as long as loans come back quickly. Some will not: the line is slow, or their senders have no more to
 * send. Then windows make do with their small parts for a while, before it is tried again.
 */
export class WindowLoans {
  /** The memory that the loans come out of. */
  readonly memory: WindowMemory;
  readonly #clock: TimestampProvider;
  readonly #onWaiting: () => void;
  readonly #waiting = new Fifo<LoanPlace>();
  /** When a loan came back last. */
  #cameBackAt = 0;
  /** Until when nobody need wait. */
  #pauseEnd = 0;
  #pause = FIRST_PAUSE;

  /**
   * @param memory - the memory that the loans come out of
   * @param clock - counts ms
   * @param onWaiting - called when somebody begins to wait where nobody has waited: {@link check} is to be called now and then
   */
  constructor(memory: WindowMemory, clock: TimestampProvider, onWaiting: () => void = () => undefined) {
    this.memory = memory;
    this.#clock = clock;
    this.#onWaiting = onWaiting;
  }

  /** Whether a loan is worth waiting for. */
  get isQuick(): boolean {
    return this.#clock.now() >= this.#pauseEnd;
  }

  /** Has the borrower of `place` take a loan when its turn comes: at once, where nobody waits and there is one. */
  wait(place: LoanPlace): void {
    if (place.isTaken) {
      return;
    }
    if (this.#waiting.isEmpty) {
      if (place.borrower.borrow()) {
        return;
      }
      this.#onWaiting();
    }
    place.isTaken = true;
    place.since = this.#clock.now();
    this.#waiting.push(place);
  }

  /** The borrower of `place` wants no loan any more. */
  forget(place: LoanPlace): void {
    if (place.isTaken) {
      this.#remove(place);
    }
  }

  /** Takes back `bytes`. */
  giveBack(bytes: number): void {
    this.#cameBackAt = this.#clock.now();
    this.memory.giveBackLent(bytes);
    this.#serve();
  }

  /**
   * Sees to it that nobody waits in vain.
   *
   * @returns whether somebody still waits
   */
  check(): boolean {
    this.#serve(); // there may be memory again that was not lent
    const { first } = this.#waiting;
    if (first === undefined) {
      return false;
    }
    const now = this.#clock.now();
    const since = Math.max(first.since, this.#pauseEnd); // nobody has waited for longer
    if (now - since > PATIENCE || now - Math.max(since, this.#cameBackAt) > STANDSTILL) {
      this.#pauseEnd = now + this.#pause;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
      for (let place: LoanPlace | undefined = first; place !== undefined; place = place.next) {
        place.borrower.stopWaiting();
      }
    }
    return true;
  }

  #serve(): void {
    for (let { first } = this.#waiting; first !== undefined; { first } = this.#waiting) {
      if (!first.borrower.borrow()) {
        break;
      }
      this.#remove(first);
      if (first.since > this.#pauseEnd) {
        this.#pause = FIRST_PAUSE; // a whole round went well
      }
    }
  }

  #remove(place: LoanPlace): void {
    this.#waiting.remove(place);
    place.isTaken = false;
  }
}
