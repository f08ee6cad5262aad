const NO_DATA = new Uint8Array();

/** What of an answer is to be written next. */
export type DueAnswer = 'pre-handshake' | 'handshake';

/**
 * This side's answer to a channel: what the application has decided, and what the peer has been told of it.
 *
 * ```text
 *                     settle(data), refuse()
 *              ┌──────────────────────────────────┐
 *              │                                  ▼
 *  undecided ──┤                              answered ──► HANDSHAKE is due, then sent
 *              │  delay()                         ▲
 *              └──────────► delayed ──────────────┘
 *                              │         settle(data), refuse()
 *                              └──► PRE_HANDSHAKE is due, then sent (once the channel has been offered)
 * ```
 *
 * A channel that this side opens is answered from the start: its HANDSHAKE is what opens it.
 */
export class Answer {
  #state: 'undecided' | 'delayed' | 'answered' = 'undecided';
  #due: DueAnswer | undefined;
  #isPreHandshakeSent = false;
  #isHandshakeSent = false;
  #isRefusal = false;
  #data: Uint8Array = NO_DATA;

  /** Nobody has seen to the answer yet. */
  get isUndecided(): boolean {
    return this.#state === 'undecided';
  }

  /** HANDSHAKE is due, or has been sent: nothing can be changed any more. */
  get isAnswered(): boolean {
    return this.#state === 'answered';
  }

  /** The channel is refused, and the peer has not been told of a window before. */
  get isRefusal(): boolean {
    return this.#isRefusal;
  }

  /** What is to be written next. */
  get due(): DueAnswer | undefined {
    return this.#due;
  }

  /** The data of the HANDSHAKE. */
  get data(): Uint8Array {
    return this.#data;
  }

  get isPreHandshakeSent(): boolean {
    return this.#isPreHandshakeSent;
  }

  get isHandshakeSent(): boolean {
    return this.#isHandshakeSent;
  }

  /** The peer knows the receive window, so that more can be granted. */
  get isWindowKnown(): boolean {
    return this.#isPreHandshakeSent || this.#isHandshakeSent;
  }

  /** The answer comes later. */
  delay(): void {
    if (this.#state === 'undecided') {
      this.#state = 'delayed';
    }
  }

  /** Everybody who was offered the channel has seen it: without a decision it is answered, without data. */
  offered(): void {
    if (this.#state === 'undecided') {
      this.settle(NO_DATA);
    } else if (this.#state === 'delayed') {
      this.#due = 'pre-handshake';
    }
  }

  /** Answers with `data`, if nothing else has been answered. */
  settle(data: Uint8Array): void {
    if (this.#state !== 'answered') {
      this.#state = 'answered';
      this.#due = 'handshake';
      this.#data = data;
    }
  }

  /** Refuses the channel. A peer that has been told of a window may have sent already, and needs credit to get to its end. */
  refuse(): void {
    this.#isRefusal = !this.#isPreHandshakeSent;
    this.settle(NO_DATA);
  }

  /** What was due has been written. */
  written(): void {
    if (this.#due === 'pre-handshake') {
      this.#isPreHandshakeSent = true;
    } else {
      this.#isHandshakeSent = true;
      this.#data = NO_DATA;
    }
    this.#due = undefined;
  }
}
