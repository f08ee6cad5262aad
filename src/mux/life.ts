import { firstValueFrom } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import { CarrierEndedError, CarrierFinishedError, MuxClosedError, MuxError } from '../errors.js';
import { Once } from '../reactive/once.js';

/**
 * Where a mux is between its beginning and its end, and who is told.
 *
 * ```text
 *          close()            last channel gone
 *  open ───────────► closing ──────────────────► carrier.end()
 *    │                  │
 *    ├──────────────────┴─► ended: the carrier delivers no more ─┐
 *    │                                                           ├──► closed
 *    ├────────────────────► finished: it takes no more ──────────┘      ▲
 *    └── the carrier fails, destroy() ──────────────────────────────────┘
 * ```
 */
export class Life {
  readonly ended$ = new Once<void>();
  readonly finished$ = new Once<void>();
  readonly closed$ = new Once<void>();
  #isClosing = false;
  #hasEnded = false;
  #hasFinished = false;
  #isDown = false;
  #failure: HalfEnd = {};
  #closing: Promise<void> | undefined;

  /** No channel is to be opened any more, by this side or the peer. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** The carrier delivers no more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The carrier takes no more. */
  get hasFinished(): boolean {
    return this.#hasFinished;
  }

  /** Nothing comes in or goes out any more. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** What the mux has failed with, if anything. */
  get failure(): HalfEnd {
    return this.#failure;
  }

  /** The word of docs/lifecycle.md for where it is. */
  get state(): 'open' | 'closing' | 'ended' | 'finished' | 'closed' {
    if (this.#isDown) {
      return 'closed';
    }
    if (this.#hasEnded) {
      return 'ended';
    }
    if (this.#hasFinished) {
      return 'finished';
    }
    return this.#isClosing ? 'closing' : 'open';
  }

  /** Begins to close. Returns whether that is new. */
  close(): boolean {
    const isNew = !this.#isClosing;
    this.#isClosing = true;
    return isNew;
  }

  /** Settles when the mux is closed: rejected where it has failed. Nobody has to handle it. */
  get closing(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = firstValueFrom(this.closed$, { defaultValue: undefined }).then(() => {
        if ('error' in this.#failure) {
          throw this.#failure.error;
        }
      });
      this.#closing.catch(() => undefined);
    }
    return this.#closing;
  }

  /** The carrier delivers no more. */
  end(): void {
    this.#hasEnded = true;
  }

  /** The carrier takes no more. */
  finish(): void {
    this.#hasFinished = true;
  }

  /** It is over at once. Returns whether that is new. */
  down(failure: HalfEnd): boolean {
    if (this.#isDown) {
      return false;
    }
    this.#isDown = true;
    this.#hasEnded = true;
    this.#hasFinished = true;
    this.#failure = failure;
    return true;
  }

  /** It is over, and even to give up the carrier has failed. */
  alsoFailedWith(error: unknown): void {
    if (!('error' in this.#failure)) {
      this.#failure = { error };
    }
  }

  /** Whether all is over, in good order or not. */
  get isOver(): boolean {
    return this.#hasEnded && this.#hasFinished;
  }

  /** Throws where no channel can be opened any more. */
  assertOpen(): void {
    const { error: cause } = this.#failure;
    if (this.#isClosing) {
      throw new MuxClosedError({ message: 'the mux has been closed: no channel can be opened', cause });
    }
    if (cause !== undefined) {
      throw new CarrierEndedError({ message: 'the carrier has failed: no channel can be opened', cause });
    }
    if (this.#hasFinished) {
      throw new CarrierFinishedError({ message: 'the carrier takes no more: no channel can be opened' });
    }
    if (this.#hasEnded) {
      throw new CarrierEndedError({ message: 'the carrier has ended: no channel can be opened' });
    }
  }
}

/** What a channel hears of an error that has broken its mux: a {@link MuxError} as it is, any other as the `cause` of the loss. */
export const errorOfChannel = (error: unknown, channelId: number): MuxError =>
  error instanceof MuxError
    ? error.forChannel(channelId)
    : new CarrierEndedError({ channelId, cause: error });
