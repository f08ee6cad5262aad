import { Fifo } from '../flow/fifo.js';
import type { Turn } from './turn.js';

/**
 * The flows of one priority, and who of them is next.
 *
 * Flows that have become ready stand in `fresh`. Those that have little to say are served from there; all others go on
 * to the ring, where each has its turn.
 *
 * A round is over for a flow when all those who stood in the ring at its beginning have had their turn. Until then it
 * is remembered what the flow was given, though it may have nothing to send: it stands at the end of the ring. When
 * its place comes up and nothing has changed, it is forgotten.
 */
export class PriorityLevel<F> {
  readonly fresh = new Fifo<Turn<F>>();
  readonly ring = new Fifo<Turn<F>>();
  /** Bytes that flows may be given early before the ring goes on. */
  earlyLeft: number;
  /** The last place in the ring that was given away, and the last whose turn has come. */
  #lastPlace = 0;
  #lastTurn = 0;

  constructor(
    readonly priority: number,
    early: number,
  ) {
    this.earlyLeft = early;
  }

  get isEmpty(): boolean {
    return this.fresh.isEmpty && this.ring.isEmpty;
  }

  /** Whether one of `fresh` is next. */
  get isFreshNext(): boolean {
    return !this.fresh.isEmpty && (this.earlyLeft > 0 || this.ring.isEmpty);
  }

  /** Puts one at the end of `fresh`. */
  enter(turn: Turn<F>): void {
    if (turn.level !== this) {
      turn.level = this;
      turn.roundEnd = this.#lastPlace;
    }
    turn.isFresh = true;
    this.fresh.push(turn);
  }

  /** Puts one at the end of the ring, where it waits for a turn of its own. */
  join(turn: Turn<F>): void {
    turn.used = 0;
    this.remember(turn);
  }

  /** Puts one at the end of the ring that has nothing to send. */
  remember(turn: Turn<F>): void {
    this.#lastPlace += 1;
    turn.place = this.#lastPlace;
    turn.isFresh = false;
    this.ring.push(turn);
  }

  /** Takes out who is next: one of `fresh`, as long as such have not been given too much, or the first of the ring. */
  shift(): Turn<F> | undefined {
    if (this.isFreshNext) {
      return this.fresh.shift();
    }
    const turn = this.ring.shift();
    if (turn !== undefined) {
      this.#lastTurn = turn.place;
      turn.roundEnd = this.#lastPlace;
    }
    return turn;
  }

  /** Takes out one from where it stands. */
  remove(turn: Turn<F>): void {
    (turn.isFresh ? this.fresh : this.ring).remove(turn);
  }

  /** Begins a new round for one whose round is over. */
  renew(turn: Turn<F>): void {
    if (this.#lastTurn >= turn.roundEnd) {
      turn.used = 0;
      turn.early = 0;
      turn.roundEnd = this.#lastPlace;
    }
  }
}
