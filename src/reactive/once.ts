import { Observable, type Subscriber } from 'rxjs';
import { reportError } from './report-error.js';

/**
 * Something that happens once: emits when it does and completes, or errors, for late subscribers too.
 *
 * It is what an AsyncSubject is, for those who have no more than an Observable in their hands: every channel has one, and
 * an AsyncSubject takes three times as long to be told.
 *
 * What subscribers throw when they are let go of (`finalize`) is reported: whoever tells them has to go on, and so do the others.
 */
export class Once<T> extends Observable<T> {
  #waiting: Subscriber<T>[] = [];
  /** Tells a subscriber what has happened, once it has. */
  #outcome: ((subscriber: Subscriber<T>) => void) | undefined;

  constructor() {
    super((subscriber) => {
      if (this.#outcome !== undefined) {
        this.#outcome(subscriber);
        return undefined;
      }
      this.#waiting.push(subscriber);
      return () => {
        this.#leave(subscriber);
      };
    });
  }

  /** It has happened. */
  settle(value: T): void {
    this.#happen((subscriber) => {
      subscriber.next(value);
      if (!subscriber.closed) {
        subscriber.complete();
      } // else it has left with the value
    });
  }

  /** It will not happen, which is no failure. */
  complete(): void {
    this.#happen((subscriber) => {
      subscriber.complete();
    });
  }

  /** It has failed. */
  error(error: unknown): void {
    this.#happen((subscriber) => {
      subscriber.error(error);
    });
  }

  /** The first time counts. */
  #happen(outcome: (subscriber: Subscriber<T>) => void): void {
    if (this.#outcome === undefined) {
      this.#outcome = outcome;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const subscriber of waiting) {
        if (!subscriber.closed) {
          try {
            outcome(subscriber);
          } catch (error) {
            reportError(error);
          }
        } // else another one has made it leave
      }
    }
  }

  #leave(subscriber: Subscriber<T>): void {
    const at = this.#waiting.indexOf(subscriber);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
    }
  }
}
