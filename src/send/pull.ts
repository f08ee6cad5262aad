import { asyncScheduler, Subscription } from 'rxjs';
import { show } from '../arguments.js';
import type { Feed, Intake } from './feed.js';
import type { Values } from './values-of.js';

/**
 * What is pulled in a row, until all else has its turn: other sources, timers, what comes from the system. A source that
 * always has a value, and a peer that always takes it, would keep the process to themselves; and where each value is work,
 * the first would wait for many more, and nobody would hear that no more are wanted. It is much, since a rest is a timer,
 * and so a millisecond or more.
 */
const VALUES_IN_A_ROW = 8192;
const BYTES_IN_A_ROW = 8_388_608;
const MS_IN_A_ROW = 50;

/** A source that gives a value when it is asked for one: which it is while there is room. */
export class Pull<T> implements Feed {
  readonly #open: () => Values<T>;
  readonly #intake: Intake<T>;
  #values: Values<T> | undefined;
  /** Whether values are being pulled, or will be without being asked to: it waits for one, or rests. */
  #isBusy = false;
  /** Whether it is the source's own code that runs: a generator cannot be let go from inside. */
  #isInside = false;
  /** The source has ended, or has been let go. */
  #isOver = false;
  #valuesInARow = 0;
  #bytesInARow = 0;
  /** Not those in which it was waited for a value. */
  #msInARow = 0;
  #rest = Subscription.EMPTY;

  /** @param open - begins the iteration */
  constructor(open: () => Values<T>, intake: Intake<T>) {
    this.#open = open;
    this.#intake = intake;
  }

  start(): void {
    try {
      this.#values = iterator(this.#open());
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (this.#isOver) {
      this.#return(); // let go by its own opening, or skipped
    } else {
      this.resume();
    }
  }

  skip(): void {
    this.#isOver = true;
    this.start();
  }

  resume(): void {
    const values = this.#values;
    if (values === undefined || this.#isBusy) {
      return;
    }
    this.#isBusy = true;
    let goesOn = true;
    let before = asyncScheduler.now();
    while (goesOn && !this.#isOver && this.#intake.room > 0) {
      goesOn = this.#pull(values);
      const now = asyncScheduler.now();
      this.#msInARow += Math.max(0, now - before); // the clock may be put back
      before = now;
    }
    this.#isBusy = !goesOn;
  }

  letGo(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#rest.unsubscribe();
    if (!this.#isInside) {
      this.#return();
    }
  }

  /** Asks for one value. Returns `false` where it goes on by itself later. */
  #pull(values: Values<T>): boolean {
    if (
      this.#valuesInARow >= VALUES_IN_A_ROW ||
      this.#bytesInARow >= BYTES_IN_A_ROW ||
      this.#msInARow >= MS_IN_A_ROW
    ) {
      this.#takeRest();
      return false;
    }
    let result: IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>;
    this.#isInside = true;
    try {
      result = values.next();
    } catch (error) {
      this.#failed(error);
      return true;
    } finally {
      this.#isInside = false;
    }
    if (isPromise(result)) {
      if (this.#isOver) {
        this.#return();
      }
      Promise.resolve(result).then(this.#arrived, this.#failed);
      return false;
    }
    if (!this.#isOver) {
      this.#take(result);
    } else if (!isDone(result)) {
      this.#return();
    }
    return true;
  }

  readonly #arrived = (result: IteratorResult<T, unknown>): void => {
    if (!this.#isOver) {
      this.#take(result);
      this.#isBusy = false;
      this.resume();
    }
  };

  /** What fails after it has been let go is for the intake to deal with. */
  readonly #failed = (error: unknown): void => {
    this.#isOver = true;
    this.#intake.fail(error);
  };

  #take(result: IteratorResult<T, unknown>): void {
    let bytes: Uint8Array | undefined;
    try {
      bytes = isDone(result) ? undefined : this.#intake.encode(result.value);
    } catch (error) {
      this.#intake.fail(error);
      return;
    }
    if (bytes === undefined) {
      this.#isOver = true;
      this.#intake.complete();
      return;
    }
    this.#valuesInARow += 1;
    this.#bytesInARow += bytes.length;
    this.#intake.give(bytes);
  }

  #takeRest(): void {
    this.#rest = asyncScheduler.schedule(() => {
      this.#valuesInARow = 0;
      this.#bytesInARow = 0;
      this.#msInARow = 0;
      this.#isBusy = false;
      this.resume();
    });
  }

  /** Tells the source that no more is wanted. Once. */
  #return(): void {
    const close = async (): Promise<void> => {
      await this.#values?.return?.();
    };
    close().catch(this.#failed);
  }
}

/** To pull nothing from nothing would be to wait for ever. */
function iterator<T>(given: Values<T> | undefined): Values<T> {
  if (typeof given?.next !== 'function') {
    throw new TypeError(`what an iterable gives must be an iterator, got ${show(given)}`);
  }
  return given;
}

function isPromise<T extends object>(result: T | Promise<T>): result is Promise<T> {
  return typeof (result as Partial<Promise<T>> | undefined)?.then === 'function';
}

/** Something that is no result is not the end. */
function isDone<T>(result: IteratorResult<T, unknown> | undefined): result is IteratorReturnResult<unknown> {
  return result?.done === true;
}
