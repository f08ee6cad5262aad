import type { Observable } from 'rxjs';
import type { StateObservable } from '../reactive/state-observable.js';

/** Where a connection begins and ends, in the words of `net.Socket`. What is not known is `undefined`. */
export interface SocketAddresses {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly localFamily?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly remoteFamily?: string | undefined;
}

/**
 * The connection that a mux runs over: bytes in, bytes out, and how many it takes now.
 *
 * `Mux` takes a Node `Duplex` as it is. To run over something else, implement this interface.
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
   * The bytes that arrive. A mux subscribes once, in its constructor. It keeps chunks and passes on views of them, so a
   * chunk must not be changed after it has been emitted.
   *
   * Completes when the carrier will deliver no more. Errors with what broke the carrier.
   */
  readonly inbound$: Observable<Uint8Array>;

  /**
   * Bytes that the carrier takes now before it is full: finite, and never negative. The mux writes while the value is above
   * 0, and may exceed it by one frame. The carrier emits each new value, after a `write` at the latest when `write` returns.
   * When nothing waits in the carrier any more, the value must become positive, at once or soon.
   *
   * Completes when the carrier will take no more.
   */
  readonly capacity$: StateObservable<number>;

  /**
   * For carriers that deliver several chunks in a row. Emits once to each subscriber, and completes, when all chunks have
   * been delivered that have arrived so far. The mux then grants credit for all of them in one write; and where it sends
   * much, it waits for that from time to time before it goes on. Without it, the mux grants credit after each chunk, and
   * sends as long as there is capacity.
   */
  readonly burstEnd$?: Observable<unknown> | undefined;

  /**
   * For carriers that outlive their connections: whether there is one now. While there is none, a mux takes nobody's silence
   * amiss: its `keepAliveTimeout` begins anew with the next connection. Without it, there always is one.
   */
  readonly connected$?: Observable<boolean> | undefined;

  /**
   * For carriers whose bytes pass through other processes, on the same machine or near: how many of them must be under way
   * for all of these to be busy. A channel that is busy alone gets a window of that size. Default 262 144, which is
   * also the least; that is enough for sockets. (On long ways windows grow by themselves.)
   */
  readonly holds?: number | undefined;

  /** Its addresses, for those who ask a `ChannelDuplex` for them: the socket itself, where there is one. */
  readonly addresses?: SocketAddresses | undefined;

  /**
   * Sends the chunks in order: in one vectored write, where the carrier can. There is at least one.
   *
   * The chunks do not change, so a carrier may keep them. It must not change them. They are views of memory that holds
   * other bytes, too, so it must not give their memory away, as `postMessage` can.
   */
  write(chunks: readonly Uint8Array[]): void;

  /** Ends the carrier: nothing more is written. What was written before still arrives; then `capacity$` completes. */
  end(): void;

  /** Gives up the connection at once, both ways. `inbound$` and `capacity$` complete or error. */
  destroy(error?: Error): void;
}
