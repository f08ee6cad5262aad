import type { Channel } from '../channel/channel.js';

/** What is known of a call before its handler is called. */
export interface CallContext {
  /** What the caller's option `metadata` gave; `undefined` where there is none. It is the peer's word, and not checked. */
  readonly metadata: unknown;
  /** Aborted where the call ends before its result: the caller wants no more, the deadline has come, the connection has gone. */
  readonly signal: AbortSignal;
  /** The channel of the call. Its bytes are the call's: its number, `priority`, `weight` and `closed$` are of use. */
  readonly channel: Channel<unknown>;
}

/** A context as its call has it. */
export class ServedContext implements CallContext {
  /** Made when it is asked for: most handlers do without. */
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(
    readonly metadata: unknown,
    readonly channel: Channel<unknown>,
  ) {}

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted !== undefined) {
      this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  /** The call has ended before its result. */
  abort(reason: unknown): void {
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }
}
