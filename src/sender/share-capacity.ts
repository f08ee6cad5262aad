import { Observable, type OperatorFunction } from 'rxjs';
import { object, whole } from '../arguments.js';
import { Fifo, type Queued } from './fifo.js';
import { type TurnScheduler, TurnTask } from '../reactive/turn-task.js';

/** Bytes of a flow's turn where nothing else is said. */
export const DEFAULT_QUANTUM = 65_536;

/**
 * The part of a quantum that counts as little to say. Flows that say little at a time, as questions and answers, keys and
 * notices, need not wait for those that always have more.
 */
const LITTLE = 1 / 16;

const DEFAULTS = { quantum: DEFAULT_QUANTUM, scheduler: undefined };

/** Something that has bytes to send and may send them only as far as its credit goes. */
export interface Flow {
  /** Bytes that wait to be sent. */
  readonly pending: number;
  /** Bytes that the far end takes now. 0 closes the flow's gate. */
  readonly credit: number;
  /** The most bytes of one grant. */
  readonly frameLimit: number;
}

/** Leave for `flow` to send `bytes` now. */
export interface Grant<F extends Flow> {
  readonly flow: F;
  /** 1 … min(`pending`, `credit`, `frameLimit`) of the flow. */
  readonly bytes: number;
}

/** Settings of {@link shareCapacity}. */
export interface ShareCapacityOptions {
  /** Bytes that a flow may send in one turn. Default 65 536. */
  quantum?: number | undefined;
  /** Where the handing-out is deferred to: an RxJS scheduler. Default `asapScheduler`: a microtask. */
  scheduler?: TurnScheduler | undefined;
}

/**
 * Shares a carrier's capacity between the flows that have something to send: deficit round robin, counted in bytes.
 *
 * The source emits a flow when it has become ready, that is when `min(pending, credit)` has risen above 0; to emit it
 * again while it is still waiting for its turn does nothing. Flows that are not ready are not looked at, however many
 * there are.
 *
 * ```text
 * source     --(ab)------------
 * capacity$  4---------4-------    quantum 2, a has 4 bytes, b has 4 bytes
 * result     --(ab)----(ab)----    each letter a grant of 2 bytes
 * ```
 *
 * In its turn a flow is granted up to `quantum` bytes, `frameLimit` of them at a time, as far as its credit goes. Then
 * the next flow has its turn. A flow whose turn is cut short because the capacity is used up takes up the rest of its
 * turn first when there is capacity again, so that over time all busy flows get the same number of bytes, whatever
 * the size of their frames. A flow that runs out of bytes or of credit loses the rest of its turn and stands in
 * nobody's way.
 *
 * A flow that has just become ready and has little to say, at most a sixteenth of `quantum`, is served first; what it is
 * given counts against its next turn. So it is not held up by the flows that always have something to send, and they by
 * it no more than by any other. However many such flows there are, they are given about a `quantum` between two turns.
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
 *   has had its turn, and errors when the source or `capacity$` errors. Unsubscribing ends everything.
 * @throws RangeError or TypeError that names the option which it cannot take
 */
export function shareCapacity<F extends Flow>(
  capacity$: Observable<number>,
  options?: ShareCapacityOptions,
): OperatorFunction<F, Grant<F>> {
  const { quantum, scheduler } = object('options', options, DEFAULTS);
  whole('options.quantum', quantum, 1);
  return (source) =>
    new Observable<Grant<F>>((subscriber) => {
      /** A flow's place in one of the queues, with what is left of its turn. */
      interface Turn extends Queued {
        readonly flow: F;
        left: number;
        next: this | undefined;
      }
      const turns = new Map<F, Turn>();
      /** Flows that have just become ready. */
      const fresh = new Fifo<Turn>();
      /** All others, and those that were served out of turn, ready or not. */
      const ring = new Fifo<Turn>();
      let capacity = 0;
      /** Bytes that flows may be given out of turn before the ring goes on. */
      let outOfTurn = quantum;
      let isHandingOut = false;
      let isSourceComplete = false;

      const wake = (): void => {
        if (capacity > 0 && turns.size > 0 && !isHandingOut) {
          task.schedule();
        }
      };

      const handOut = (): void => {
        isHandingOut = true;
        while (capacity > 0) {
          const isEarly = !fresh.isEmpty && (outOfTurn > 0 || ring.isEmpty);
          const turn = (isEarly ? fresh : ring).shift();
          if (turn === undefined) {
            break;
          }
          const ready = readiness(turn.flow);
          if (isEarly && ready > quantum * LITTLE) {
            ring.push(turn);
          } else {
            takeTurn(turn, ready, isEarly);
          }
        }
        isHandingOut = false;
        if (isSourceComplete && turns.size === 0) {
          subscriber.complete();
        }
      };

      const takeTurn = (turn: Turn, readyAtFirst: number, isEarly: boolean): void => {
        const { flow } = turn;
        let ready = readyAtFirst;
        if (ready > 0 && !isEarly) {
          outOfTurn = quantum;
        }
        while (ready > 0 && turn.left > 0) {
          if (capacity <= 0) {
            (isEarly ? fresh : ring).unshift(turn); // keeps its place
            return;
          }
          const bytes = Math.min(ready, flow.frameLimit, turn.left);
          turn.left -= bytes;
          capacity -= bytes;
          outOfTurn -= isEarly ? bytes : 0;
          subscriber.next({ flow, bytes });
          if (subscriber.closed) {
            capacity = 0;
          }
          ready = readiness(flow);
        }
        if (ready > 0) {
          turn.left = quantum;
          ring.push(turn);
        } else if (isEarly && !ring.isEmpty) {
          ring.push(turn); // nobody is served out of turn twice in a round
        } else {
          turns.delete(flow);
        }
      };

      const task = new TurnTask(handOut, scheduler);
      subscriber.add(() => {
        task.cancel();
        turns.clear();
        fresh.clear();
        ring.clear();
      });
      subscriber.add(
        capacity$.subscribe({
          next: (bytes) => {
            capacity = bytes;
            wake();
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
        }),
      );
      subscriber.add(
        source.subscribe({
          next: (flow) => {
            if (!turns.has(flow)) {
              const turn: Turn = { flow, left: quantum, next: undefined };
              turns.set(flow, turn);
              fresh.push(turn);
            }
            wake();
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            isSourceComplete = true;
            if (turns.size === 0) {
              subscriber.complete();
            }
          },
        }),
      );
    });
}

const readiness = (flow: Flow): number => Math.min(flow.pending, flow.credit);
