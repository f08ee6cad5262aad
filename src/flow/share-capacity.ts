import { Observable, type OperatorFunction } from 'rxjs';
import { type TurnScheduler, TurnTask } from './turn-task.js';

/** Bytes of a flow's turn where nothing else is said. */
export const DEFAULT_QUANTUM = 65_536;

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
  quantum?: number;
  /** Where the handing-out is deferred to: an RxJS scheduler. Default `asapScheduler`: a microtask. */
  scheduler?: TurnScheduler;
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
 * @throws RangeError where `quantum` is not a whole number from 1.
 */
export function shareCapacity<F extends Flow>(
  capacity$: Observable<number>,
  { quantum = DEFAULT_QUANTUM, scheduler }: ShareCapacityOptions = {},
): OperatorFunction<F, Grant<F>> {
  if (!Number.isSafeInteger(quantum) || quantum < 1) {
    throw new RangeError(`quantum must be a whole number of bytes from 1, got ${quantum}`);
  }
  return (source) =>
    new Observable<Grant<F>>((subscriber) => {
      // The ring: ready flows in the order of their turns, each with what is left of its turn. A Map keeps the order
      // of insertion, and its iteration meets what is inserted meanwhile, so moving a flow to the end is all it takes.
      const turns = new Map<F, number>();
      let capacity = 0;
      let isHandingOut = false;
      let isSourceComplete = false;

      const wake = (): void => {
        if (capacity > 0 && turns.size > 0 && !isHandingOut) {
          task.schedule();
        }
      };

      const handOut = (): void => {
        isHandingOut = true;
        for (const [flow, left] of turns) {
          if (capacity <= 0) {
            break;
          }
          takeTurn(flow, left);
        }
        isHandingOut = false;
        if (isSourceComplete && turns.size === 0) {
          subscriber.complete();
        }
      };

      const takeTurn = (flow: F, left: number): void => {
        while (left > 0) {
          const ready = Math.min(flow.pending, flow.credit);
          if (ready <= 0) {
            turns.delete(flow);
            return;
          }
          if (capacity <= 0) {
            turns.set(flow, left); // keeps its place
            return;
          }
          const bytes = Math.min(ready, flow.frameLimit, left);
          left -= bytes;
          capacity -= bytes;
          subscriber.next({ flow, bytes });
          if (subscriber.closed) {
            capacity = 0;
          }
        }
        turns.delete(flow);
        if (Math.min(flow.pending, flow.credit) > 0) {
          turns.set(flow, quantum);
        }
      };

      const task = new TurnTask(handOut, scheduler);
      subscriber.add(() => {
        task.cancel();
        turns.clear();
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
              turns.set(flow, quantum);
              wake();
            }
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
