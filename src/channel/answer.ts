const NO_DATA: Uint8Array = new Uint8Array();

/** What of an answer is to be written next. */
export type DueAnswer = 'pre-handshake' | 'handshake';

/** What has been decided, and what of it the peer has been told. */
type State =
  | 'undecided'
  /** The answer comes later; the channel is still being offered. */
  | 'delayed'
  /** PRE_HANDSHAKE is due; it has been sent. */
  | 'telling'
  | 'told'
  /** HANDSHAKE is due: the first thing that the peer hears; after PRE_HANDSHAKE; as a refusal. */
  | 'answering'
  | 'answering-told'
  | 'refusing'
  /** It has been sent: in the same three cases. */
  | 'answered'
  | 'answered-told'
  | 'refused';

/**
 * This side's answer to a channel: what the application has decided, and what the peer has been told of it.
 *
 * ```text
 *             settle()                  written()
 *  undecided ──────────► answering ──────────────► answered
 *    │  │                    ▲
 *    │  │ delay()   settle() │
 *    │  └───► delayed ───────┤
 *    │           │ offered() │ settle()
 *    │           ▼           │
 *    │        telling ───────┘     settle(), refuse()               written()
 *    │           │ written() ► told ──────────────► answering-told ──────────► answered-told
 *    │ refuse(), before the peer has been told of a window          written()
 *    └──────────────────────────────────────────► refusing ──────────────────► refused
 * ```
 *
 * `offered()` settles what is still undecided. A channel that this side opens is settled from the start: its HANDSHAKE is
 * what opens it.
 */
export class Answer {
  #state: State = 'undecided';
  #data = NO_DATA;

  /** Nobody has seen to the answer yet. */
  get isUndecided(): boolean {
    return this.#state === 'undecided';
  }

  /** HANDSHAKE is due, or has been sent: nothing can be changed any more. */
  get isAnswered(): boolean {
    return this.due === 'handshake' || this.isHandshakeSent;
  }

  /** The channel is refused, and the peer has not been told of a window before. */
  get isRefusal(): boolean {
    return this.#state === 'refusing' || this.#state === 'refused';
  }

  /** What is to be written next. */
  get due(): DueAnswer | undefined {
    switch (this.#state) {
      case 'telling':
        return 'pre-handshake';
      case 'answering':
      case 'answering-told':
      case 'refusing':
        return 'handshake';
      default:
        return undefined;
    }
  }

  /** The data of the HANDSHAKE. */
  get data(): Uint8Array {
    return this.#data;
  }

  get isPreHandshakeSent(): boolean {
    return this.#state.endsWith('told');
  }

  get isHandshakeSent(): boolean {
    return this.#state === 'answered' || this.#state === 'answered-told' || this.#state === 'refused';
  }

  /** The peer knows the receive window, so that more can be granted. */
  get isWindowKnown(): boolean {
    return this.isHandshakeSent || this.isPreHandshakeSent;
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
      this.#state = 'telling';
    }
  }

  /** Answers with `data`, if nothing else has been answered. */
  settle(data: Uint8Array): void {
    if (!this.isAnswered) {
      this.#state = this.#state === 'told' ? 'answering-told' : 'answering';
      this.#data = data;
    }
  }

  /** Refuses the channel. A peer that has been told of a window may have sent already, and needs credit to get to its end. */
  refuse(): void {
    if (!this.isAnswered) {
      this.#state = this.#state === 'told' ? 'answering-told' : 'refusing';
    }
  }

  /** What was due has been written. */
  written(): void {
    this.#data = NO_DATA;
    switch (this.#state) {
      case 'telling':
        this.#state = 'told';
        break;
      case 'answering':
        this.#state = 'answered';
        break;
      case 'answering-told':
        this.#state = 'answered-told';
        break;
      default:
        this.#state = 'refused';
    }
  }
}
