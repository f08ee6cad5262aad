import { map, type MonoTypeOperatorFunction, type Observable, pipe, tap, type UnaryFunction } from 'rxjs';
import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { type Flow, type Grant, shareCapacity, type ShareCapacityOptions } from '../../src/index.js';

/**
 * Runs `test` in virtual time, where one character of a marble diagram is a millisecond. It is given the scheduler, too,
 * for what takes a clock.
 */
export const marbles = (test: (helpers: RunHelpers, scheduler: TestScheduler) => void): void => {
  const scheduler = new TestScheduler((actual, expected) => {
    expect(actual).toEqual(expected);
  });
  scheduler.run((helpers) => {
    test(helpers, scheduler);
  });
};

/** A flow made of numbers. */
export class TestFlow implements Flow {
  /** How often the scheduler has looked at it. */
  looks = 0;
  priority: number | undefined;
  weight: number | undefined;

  constructor(
    readonly name: string,
    private bytes: number,
    public credit = Infinity,
    readonly frameLimit = Infinity,
  ) {}

  get pending(): number {
    this.looks += 1;
    return this.bytes;
  }

  set pending(bytes: number) {
    this.bytes = bytes;
  }

  /** With a priority, and with a weight, of its own. */
  with({ priority, weight }: { priority?: number; weight?: number }): this {
    this.priority = priority;
    this.weight = weight;
    return this;
  }

  /** What whoever receives a grant must do. */
  take(bytes: number): void {
    this.bytes -= bytes;
    this.credit -= bytes;
  }
}

const take = (): MonoTypeOperatorFunction<Grant<TestFlow>> =>
  tap(({ flow, bytes }) => {
    flow.take(bytes);
  });

/** `shareCapacity`, with each grant taken and written as the flow's name and the number of bytes: `a2`. */
export const share = (
  capacity$: Observable<number>,
  options: ShareCapacityOptions,
): UnaryFunction<Observable<TestFlow>, Observable<string>> =>
  pipe(
    shareCapacity<TestFlow>(capacity$, options),
    take(),
    map(({ flow, bytes }) => `${flow.name}${bytes}`),
  );

/** A marble diagram of digits as a number of bytes each. */
export function asBytes(digits$: Observable<string>): Observable<number> {
  return digits$.pipe(map((digit) => Number(digit)));
}
