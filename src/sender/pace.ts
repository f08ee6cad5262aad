import { type Observable, Subscription, take } from 'rxjs';

/** Bytes after which those who say much rest, beside somebody who says little, and where nobody does. */
const BESIDE_LITTLE = 393_216;
const ALONE = 1_048_576;

/** Who said little so many bytes ago has said it long ago. */
const LONG_AGO = 1_073_741_824;

/**
 * When those who say much rest until the next turn of the event loop.
 *
 * As long as the system has room, a socket passes on what it is given at once. Without a rest that would be megabytes in
 * one turn, in which nothing is read and no timer runs, and which the processor's caches do not hold any more when the far
 * end comes to read them. With shorter turns a question is answered sooner, and each turn costs more: so they are shorter
 * while somebody says little.
 */
export class Pace {
  readonly #onTurn: () => void;
  #restedAt = 0;
  #littleAt = 0;
  #isResting = false;
  #turn = Subscription.EMPTY;

  /** @param onTurn - called when a rest is over */
  constructor(onTurn: () => void) {
    this.#onTurn = onTurn;
  }

  /** Whether those who say much wait for the next turn. */
  get isResting(): boolean {
    return this.#isResting;
  }

  /** Somebody says little, behind all bytes up to `position`. */
  little(position: number): void {
    this.#littleAt = position;
  }

  /**
   * All bytes up to `position` have been passed on.
   *
   * @param turn$ - emits when the next turn begins; nothing given: nobody rests. Where it ends otherwise, the rest is over, too
   */
  passedOn(position: number, turn$: Observable<unknown> | undefined): void {
    const atOnce = position - this.#littleAt < LONG_AGO ? BESIDE_LITTLE : ALONE;
    if (turn$ === undefined || this.#isResting || position - this.#restedAt < atOnce) {
      return;
    }
    this.#restedAt = position;
    this.#isResting = true;
    this.#turn = turn$.pipe(take(1)).subscribe({ error: this.#goOn, complete: this.#goOn });
  }

  readonly #goOn = (): void => {
    this.#isResting = false;
    this.#onTurn();
  };

  /** Nothing is sent any more. */
  stop(): void {
    this.#turn.unsubscribe();
  }
}
