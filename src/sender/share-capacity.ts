import { asapScheduler, Observable, type OperatorFunction } from 'rxjs';
import { callable, having, object, whole } from '../arguments.js';
import { BusyMap } from '../flow/busy-map.js';
import { PriorityLevel } from './priority-level.js';
import { Turn } from './turn.js';
import { type TurnScheduler, TurnTask } from '../reactive/turn-task.js';

/** Bytes of a turn of a flow with the default weight, unless told. */
export const DEFAULT_QUANTUM = 65_536;

/** The priority of a flow that has none. */
const DEFAULT_PRIORITY = 3;
const LAST_PRIORITY = 7;

/** The weight of a flow that has none. Its turn is a quantum. */
const DEFAULT_WEIGHT = 16;
const MAX_WEIGHT = 256;

/**
 * The part of a quantum that counts as little to say. Flows that say little at a time, such as questions and answers,
 * keys and notices, need not wait for those that always have more.
 */
const LITTLE = 1 / 16;

/** Bytes that are little to say, where the quantum is not a number. */
export const DEFAULT_LITTLE = LITTLE * DEFAULT_QUANTUM;

const DEFAULTS = { quantum: DEFAULT_QUANTUM, frame: undefined, early: undefined, scheduler: asapScheduler };

/**
 * The part of its turn that a flow may be given early in a round. With half of a turn at the end of one round and half at
 * the beginning of the next, it gets no more than one turn while another flow waits for its own.
 */
const EARLY = 1 / 2;

/** The bit of priority 0, so that `Math.clz32` finds the first priority that has one. */
const FIRST_BIT = 0x8000_0000;

/**
 * How many turns that are over are kept for other flows. A flow that says little becomes ready again and again, and a new
 * turn each time is much for the garbage collector.
 */
const SPARE_TURNS = 1024;

/** Something that has bytes to send and may send them only as far as its credit goes. */
export interface Flow {
  /** Bytes that wait to be sent. */
  readonly pending: number;
  /** Bytes that the far end takes now. 0 closes the flow's gate. */
  readonly credit: number;
  /** The most bytes of one grant, ≥ 1. What is less counts as 1. */
  readonly frameLimit: number;
  /**
   * 0 (first) … 7 (last); default 3. A number beyond either end counts as that end, a fraction is cut off. It may change
   * at any time: see {@link shareCapacity}.
   */
  readonly priority?: number | undefined;
  /**
   * 1 … 256; default 16. The flow's share among the busy ones of its priority. A number beyond either end counts as that
   * end. It may change at any time, and is read at each turn.
   */
  readonly weight?: number | undefined;
}

/** Leave for `flow` to send `bytes` now. */
export interface Grant<F extends Flow> {
  readonly flow: F;
  /** 1 … min(`pending`, `credit`, `frameLimit`) of the flow, and no more than a quantum. */
  readonly bytes: number;
}

/** Settings of {@link shareCapacity}. */
export interface ShareCapacityOptions {
  /**
   * Bytes that a flow with the default weight may send in one turn: a number, or what is called for it at each turn.
   * Default 65 536.
   */
  quantum?: number | (() => number) | undefined;
  /**
   * The most bytes of one grant: what is called for it at each turn, with the bytes that the flow has ready where no other
   * one waits, else with 0. Default: a quantum, which is the most in any case.
   */
  frame?: ((alone: number) => number) | undefined;
  /**
   * Bytes that may be granted in early service although the capacity has been used up: what is called for it before each
   * such grant. Default: none.
   */
  early?: (() => number) | undefined;
  /** Where the handing-out is deferred to: an RxJS scheduler. Default `asapScheduler`: a microtask. */
  scheduler?: TurnScheduler | undefined;
}

/**
 * Shares a carrier's capacity between the flows that have something to send: deficit round robin, counted in bytes.
 *
 * The source emits a flow when it has become ready, that is when `min(pending, credit)` has risen above 0. To emit it
 * again while it waits for its turn does nothing, unless its priority has changed. Flows that are not ready are not
 * looked at, however many there are.
 *
 * ```text
 * source     --(ab)------------    a and b have 4 bytes each
 * capacity$  4---------4-------    quantum 2
 * result     --(ab)----(ab)----    each letter a grant of 2 bytes
 * ```
 *
 * In its turn a flow is granted up to `quantum` bytes, `frameLimit` of them at a time, as far as its credit goes. Then
 * the next flow has its turn. When the capacity is used up in the middle of a turn, that flow takes up the rest of its
 * turn when there is capacity again. So over time all busy flows get the same number of bytes, whatever the size of
 * their frames. A flow that runs out of bytes or of credit loses the rest of its turn and stands in nobody's way.
 *
 * **Weight.** The turn of a flow is `quantum` × `weight` / 16 bytes long, and at least 1 byte. So busy flows of one
 * priority get bytes in the ratio of their weights. A changed weight counts from the flow's next turn on.
 *
 * ```text
 * source     (ab)--------------    both always ready; a has weight 16, b has weight 8
 * capacity$  -6-----6-----6----    quantum 4
 * result     -(ab)--(ab)--(ab)-    a: 4 bytes, b: 2 bytes
 * ```
 *
 * **Priority.** Priorities are strict: while a flow with a lower number is ready, nothing is granted to those with
 * higher numbers. A turn in progress is interrupted between two grants, and taken up again afterwards. A changed
 * priority counts from the flow's next turn on. But that turn may be far off while others go first. To make it count at
 * once, emit the flow again.
 *
 * ```text
 * source     (ab)---x----------    a and b: priority 3, always ready; x: priority 2, 4 bytes
 * capacity$  -2--2--2--2--2--2-    quantum 2
 * result     -a--b--x--x--a--b-    each letter a grant of 2 bytes
 * ```
 *
 * **Early service.** A flow that has just become ready and has little to say, at most a sixteenth of `quantum`, is
 * served before the others of its priority. So a question need not wait until all busy flows have had their turns. (Where
 * `quantum` is a function, little is 4096 bytes, and half of a turn at most.) What
 * the flow is given early makes its next turn shorter, if that comes in the same round. A flow is served early again
 * and again until it has been given half of a turn that way in this round, or a whole one together with what it was given
 * in its turn. After that it must wait for its turn like all others.
 * A round is over when each flow that was waiting at its beginning has had its turn.
 *
 * ```text
 * source     (ab)-q--q---------    a and b: always ready; q: 2 bytes each time
 * capacity$  1----1--1--1--1---    quantum 32; a capacity of 1 is used up by one grant
 * result     a----q--q--b--a---    a, b: 32 bytes, q: 2 bytes
 * ```
 *
 * Early service costs the others little. However many such flows there are, together they are given about a `quantum`
 * between two turns of others. And while a flow waits for its turn, each other flow of its priority is given at most one
 * turn and a sixteenth of `quantum` (a turn and a half where that is a function).
 *
 * Whoever receives a grant must take the bytes from the flow before `next` returns. Grants are emitted while the
 * capacity is above 0, so the last one may exceed it, by less than a quantum: a carrier with a small buffer still gets
 * frames of a decent size.
 *
 * Handing-out is deferred through `scheduler`, so that all that is written in one turn of the event loop is there when
 * it begins.
 *
 * @param capacity$ - the bytes the carrier takes now. Each value replaces what is left of the one before; between two
 *   values, grants are counted against it.
 * @returns an operator whose result emits grants. It completes when the source has completed and the last waiting flow
 *   has had its turn, and errors when the source or `capacity$` errors, or with what a function of the options throws.
 *   Unsubscribing ends everything.
 * @throws RangeError or TypeError that names the argument or the option which it cannot take
 */
export function shareCapacity<F extends Flow>(
  capacity$: Observable<number>,
  options?: ShareCapacityOptions,
): OperatorFunction<F, Grant<F>> {
  return shareCapacityBy(() => new BusyMap<F, Turn<F>>(), capacity$, options);
}

/** Where the turns of flows are kept that wait, or are remembered until their round is over. */
export interface Turns<F> {
  get(flow: F): Turn<F> | undefined;
  set(flow: F, turn: Turn<F>): void;
  delete(flow: F): unknown;
}

/**
 * {@link shareCapacity}, with a place for the turns.
 *
 * @param newTurns - makes one for each subscription
 */
export function shareCapacityBy<F extends Flow>(
  newTurns: () => Turns<F>,
  capacity$: Observable<number>,
  options?: ShareCapacityOptions,
): OperatorFunction<F, Grant<F>> {
  having<unknown>('capacity$', capacity$, 'an Observable', ['subscribe']);
  const { quantum: given, frame, early, scheduler } = object('options', options, DEFAULTS);
  having('options.scheduler', scheduler, 'an RxJS scheduler', ['schedule']);
  const quantumNow =
    typeof given === 'function' ? atLeast1(given) : constant(whole('options.quantum', given, 1));
  const frameNow = frame === undefined ? quantumNow : callable('options.frame', frame);
  const earlyNow = early === undefined ? none : callable('options.early', early);
  const little = typeof given === 'function' ? DEFAULT_LITTLE : LITTLE * given;
  return (source) =>
    new Observable<Grant<F>>((subscriber) => {
      const turns = newTurns();
      /** Turns that are over. */
      const spare: Turn<F>[] = [];
      /** By priority. Each is made when it is first needed. */
      const levels: PriorityLevel<F>[] = [];
      /** A bit for each level where somebody may stand. A bit is cleared when nobody is found there. */
      let occupied = 0;
      /** How many flows wait. */
      let waiting = 0;
      /** Whose turn it is now. Stands in no queue. */
      let served: Turn<F> | undefined;
      let capacity = 0;
      let isHandingOut = false;
      let isSourceComplete = false;

      const levelOf = (flow: F): PriorityLevel<F> => {
        const priority = priorityOf(flow);
        return (levels[priority] ??= new PriorityLevel<F>(priority, quantumNow()));
      };

      const enter = (turn: Turn<F>, level: PriorityLevel<F>): void => {
        level.enter(turn);
        occupied |= FIRST_BIT >>> level.priority;
      };

      const becomeReady = (flow: F): void => {
        const level = levelOf(flow);
        const turn = turns.get(flow);
        if (turn === undefined) {
          waiting += 1;
          enter(newTurn(flow, level), level);
        } else if (turn !== served && !(turn.isWaiting && turn.level === level)) {
          waiting += turn.isWaiting ? 0 : 1;
          turn.isWaiting = true;
          turn.level.remove(turn);
          enter(turn, level);
        }
      };

      const newTurn = (flow: F, level: PriorityLevel<F>): Turn<F> => {
        const turn = spare.pop() ?? new Turn(flow, level);
        turn.begin(flow, level);
        turns.set(flow, turn);
        return turn;
      };

      const forget = (turn: Turn<F>): void => {
        turns.delete(turn.flow);
        turn.end();
        if (spare.length < SPARE_TURNS) {
          spare.push(turn);
        }
      };

      /** Whether there is capacity for who is next. */
      const hasCapacity = (): boolean =>
        capacity > 0 || (levels[Math.clz32(occupied)]?.isFreshNext === true && earlyNow() > 0);

      /** Also with what a function of the options throws, or a member of a flow: nobody else is there to hear of it. */
      const fail = (error: unknown): void => {
        subscriber.error(error);
      };

      const wake = (): void => {
        try {
          if (waiting > 0 && !isHandingOut && hasCapacity()) {
            task.schedule();
          }
        } catch (error) {
          fail(error);
        }
      };

      const handOutAll = (): void => {
        isHandingOut = true;
        while (waiting > 0 && !subscriber.closed && hasCapacity()) {
          const priority = Math.clz32(occupied);
          served = levels[priority]?.shift();
          if (served === undefined) {
            occupied &= ~(FIRST_BIT >>> priority);
          } else {
            serve(served);
          }
        }
        served = undefined;
        isHandingOut = false;
        if (subscriber.closed) {
          forgetAll(); // who was being served stands in line again
        } else if (waiting === 0) {
          forgetAll(); // where nobody waits, nobody needs to be remembered
          if (isSourceComplete) {
            subscriber.complete();
          }
        }
      };

      const serve = (turn: Turn<F>): void => {
        if (!turn.isWaiting) {
          forget(turn); // a round has passed without it
        } else if (priorityOf(turn.flow) !== turn.level.priority) {
          enter(turn, levelOf(turn.flow));
        } else if (turn.isFresh) {
          serveEarly(turn, quantumNow());
        } else {
          serveInTurn(turn, quantumNow());
        }
      };

      const serveEarly = (turn: Turn<F>, quantum: number): void => {
        const { flow, level } = turn;
        const ready = readiness(flow);
        level.renew(turn);
        const size = turnSize(flow, quantum);
        if (ready > little || turn.early + ready > size * EARLY || turn.used + ready > size) {
          level.join(turn);
          return;
        }
        const usedBefore = turn.used;
        const rest = give(turn, ready, ready, quantum, earlyNow);
        const given = turn.used - usedBefore;
        turn.early += given;
        level.earlyLeft -= given;
        if (rest <= 0) {
          stopWaiting(turn, level.ring.isEmpty);
        } else if (given < ready) {
          level.fresh.unshift(turn); // cut short: keeps its place
        } else {
          level.enter(turn); // has got more to say meanwhile
        }
      };

      const serveInTurn = (turn: Turn<F>, quantum: number): void => {
        const { flow, level } = turn;
        const ready = readiness(flow);
        const size = turnSize(flow, quantum) - turn.early;
        const rest = give(turn, ready, size - turn.used, quantum, none);
        if (rest > 0 && turn.used < size) {
          level.ring.unshift(turn); // cut short: keeps its place
          return;
        }
        turn.early = 0;
        if (ready > 0) {
          level.earlyLeft = quantum;
        }
        if (rest > 0) {
          level.join(turn);
        } else {
          stopWaiting(turn, level.isEmpty);
        }
      };

      /**
       * Grants `room` bytes at most of the `ready` ones, until the capacity, and what `moreNow` says, is used up or somebody
       * of a lower priority number has become ready. Returns what the flow has ready then.
       */
      const give = (
        turn: Turn<F>,
        ready: number,
        room: number,
        quantum: number,
        moreNow: () => number,
      ): number => {
        const { flow, level } = turn;
        const frame = frameNow(waiting === 1 ? ready : 0);
        const most = within(1, quantum, Math.min(frame, flow.frameLimit));
        let rest = ready;
        let left = room;
        while (
          rest > 0 &&
          left > 0 &&
          (capacity > 0 || moreNow() > 0) &&
          Math.clz32(occupied) >= level.priority &&
          !subscriber.closed
        ) {
          const bytes = Math.min(rest, left, most);
          left -= bytes;
          turn.used += bytes;
          capacity -= bytes;
          subscriber.next({ flow, bytes });
          rest = readiness(flow);
        }
        return rest;
      };

      const stopWaiting = (turn: Turn<F>, isAlone: boolean): void => {
        turn.isWaiting = false;
        waiting -= 1;
        if (isAlone || turn.used === 0) {
          forget(turn);
        } else {
          turn.level.remember(turn);
        }
      };

      const forgetAllOf = (level: PriorityLevel<F>): void => {
        for (let turn = level.shift(); turn !== undefined; turn = level.shift()) {
          forget(turn);
        }
      };

      const forgetAll = (): void => {
        levels.forEach(forgetAllOf);
      };

      const handOut = (): void => {
        try {
          handOutAll();
        } catch (error) {
          fail(error);
        }
      };

      const task = new TurnTask(handOut, scheduler);
      subscriber.add(() => {
        task.cancel();
        forgetAll();
      });
      subscriber.add(
        capacity$.subscribe({
          next: (bytes) => {
            capacity = bytes;
            wake();
          },
          error: fail,
        }),
      );
      if (subscriber.closed) {
        return; // capacity$ has failed at once
      }
      subscriber.add(
        source.subscribe({
          next: (flow) => {
            try {
              becomeReady(flow);
            } catch (error) {
              fail(error);
            }
            wake();
          },
          error: fail,
          complete: () => {
            isSourceComplete = true;
            if (waiting === 0) {
              subscriber.complete();
            }
          },
        }),
      );
    });
}

const none = (): number => 0;

const constant =
  <T>(value: T) =>
  (): T =>
    value;

/** With what is less, or no number, nobody would come to an end. So it is with `frameLimit`. */
const atLeast1 = (given: () => number) => (): number => within(1, Infinity, given());

const readiness = (flow: Flow): number => Math.min(flow.pending, flow.credit);

const priorityOf = ({ priority = DEFAULT_PRIORITY }: Flow): number =>
  priority === DEFAULT_PRIORITY ? priority : Math.trunc(within(0, LAST_PRIORITY, priority));

const turnSize = ({ weight = DEFAULT_WEIGHT }: Flow, quantum: number): number =>
  weight === DEFAULT_WEIGHT
    ? quantum
    : Math.max(1, Math.floor((quantum * within(1, MAX_WEIGHT, weight)) / DEFAULT_WEIGHT));

/** The number between `min` and `max` that is next to `value`; `min` for what is no number. */
const within = (min: number, max: number, value: number): number =>
  value > min ? Math.min(max, value) : min;
