import type { Observable } from 'rxjs';
import type { StateObservable } from '../reactive/state-observable.js';

/**
 * What a mux needs of the connection that it runs over: bytes in, bytes out, and how many it takes at a time.
 *
 * A Node `Duplex` is made one on its way into `Mux`. To run over something else, implement this interface and give the
 * result to `Mux`.
 *
 * @example
 * ```ts
 * import { BehaviorSubject, Subject } from 'rxjs';
 * import { type Carrier, Mux } from 'rxmux';
 *
 * // Two ends that hand each other what they are given. (A real carrier counts what it has not passed on yet.)
 * function pair(): [Carrier, Carrier] {
 *   const wires = [new Subject<Uint8Array>(), new Subject<Uint8Array>()] as const;
 *   const end = (here: 0 | 1): Carrier => {
 *     const [in$, out$] = [wires[here], wires[here === 0 ? 1 : 0]];
 *     const capacity$ = new BehaviorSubject(65_536);
 *     const finish = () => {
 *       out$.complete();
 *       capacity$.complete();
 *     };
 *     return {
 *       inbound$: in$,
 *       capacity$,
 *       write: (chunks) => queueMicrotask(() => chunks.forEach((chunk) => out$.next(chunk))),
 *       end: () => queueMicrotask(finish),
 *       destroy: () => {
 *         in$.complete();
 *         finish();
 *       },
 *     };
 *   };
 *   return [end(0), end(1)];
 * }
 *
 * const [left, right] = pair();
 * new Mux(left).channels$.subscribe((channel) => channel.inbound$.subscribe(channel.outbound$)); // echo
 * const channel = new Mux(right).open();
 * channel.inbound$.subscribe((chunk) => console.log(chunk.toString()));
 * channel.outbound$.next('hello');
 * channel.outbound$.complete();
 * ```
 */
export interface Carrier {
  /**
   * The bytes that arrive. A mux subscribes once, in its constructor, and keeps chunks (and passes on views of them),
   * so a chunk must not be written to after it has been emitted.
   *
   * Completes when the carrier will deliver no more, and errors with what broke the carrier.
   */
  readonly inbound$: Observable<Uint8Array>;

  /**
   * Bytes that the carrier takes now before it is full: never negative, finite, and above 0, at once or soon, when
   * nothing waits in it any more. It is the carrier's duty to emit a new value when it has changed, after a `write` at the
   * latest when `write` returns. The mux writes while it is above 0 and may exceed it by one frame.
   *
   * Completes when the carrier will take no more.
   */
  readonly capacity$: StateObservable<number>;

  /**
   * Emits once to whoever subscribes, and completes, when the chunks have been delivered that there are at the moment.
   * For carriers that deliver several in a row: the mux then grants credit for all of them together, in one write, instead
   * of after each. Default: every chunk stands for itself.
   */
  readonly burstEnd$?: Observable<unknown>;

  /**
   * Sends the chunks, in order, in one vectored write where the carrier knows such a thing. Not empty.
   *
   * They are views of memory that holds other bytes, too, of the application's and of other muxes'. It stays as it is,
   * so chunks may be kept, but a carrier must neither write to them nor give their memory away, as `postMessage` can.
   */
  write(chunks: readonly Uint8Array[]): void;

  /** Sends no more: what was written before still arrives. `capacity$` completes when it has left. */
  end(): void;

  /** Gives up the connection at once, both ways; `inbound$` and `capacity$` complete or error. */
  destroy(error?: Error): void;
}
