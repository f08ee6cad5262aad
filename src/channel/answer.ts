const NO_DATA: Uint8Array = new Uint8Array();

/** What of an answer is to be written next. */
export type DueAnswer = 'pre-handshake' | 'handshake';

/** What has been decided, and what of it the peer has been told. */
type State =
  | 'undecided'
  /** The same, while it is being offered. */
  | 'offered'
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
 *    │ refuse(): the peer has not been told of a window,            written()
 *    │ or knows what REFUSE is
 *    └──────────────────────────────────────────► refusing ──────────────────► refused
 * ```
 *
 * An answer does not change: each step returns the next one. Nearly all channels share a few of them.
 *
 * `offered()` settles what is still undecided. A channel that this side opens is settled from the start: its HANDSHAKE is
 * what opens it.
 */
export class Answer {
  /** The data of the HANDSHAKE. */
  readonly data: Uint8Array;
  readonly isHandshakeSent: boolean;
  readonly isPreHandshakeSent: boolean;
  /** The peer knows the receive window, so that more can be granted. */
  readonly isWindowKnown: boolean;
  /** The channel is refused, and no credit will follow. */
  readonly isRefusal: boolean;
  readonly #state: State;

  private constructor(state: State, data = NO_DATA) {
    this.#state = state;
    this.data = data;
    this.isHandshakeSent = state === 'answered' || state === 'answered-told' || state === 'refused';
    this.isPreHandshakeSent = state.endsWith('told');
    this.isWindowKnown = this.isHandshakeSent || this.isPreHandshakeSent;
    this.isRefusal = state === 'refusing' || state === 'refused';
  }

  /** What every channel begins with. */
  static readonly none = new Answer('undecided');
  static readonly #offered = new Answer('offered');
  static readonly #delayed = new Answer('delayed');
  static readonly #telling = new Answer('telling');
  static readonly #told = new Answer('told');
  /** Most say nothing in it. */
  static readonly #answering = new Answer('answering');
  static readonly #answered = new Answer('answered');
  static readonly #answeredTold = new Answer('answered-told');
  static readonly #refused = new Answer('refused');

  /** Nobody has seen to the answer yet. */
  get isUndecided(): boolean {
    return this.#state === 'undecided' || this.#state === 'offered';
  }

  /** What has been decided, in the words of docs/lifecycle.md. */
  get decision(): 'waiting' | 'offered' | 'delayed' | 'answered' {
    switch (this.#state) {
      case 'undecided':
        return 'waiting';
      case 'offered':
        return 'offered';
      case 'delayed':
      case 'telling':
      case 'told':
        return 'delayed';
      default:
        return 'answered';
    }
  }

  /** It is being offered. */
  offering(): Answer {
    return this.#state === 'undecided' ? Answer.#offered : this;
  }

  /** HANDSHAKE is due, or has been sent: nothing can be changed any more. */
  get isAnswered(): boolean {
    return this.due === 'handshake' || this.isHandshakeSent;
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

  /** The answer comes later. */
  delay(): Answer {
    return this.isUndecided ? Answer.#delayed : this;
  }

  /** Everybody who was offered the channel has seen it: without a decision it is answered, without data. */
  offered(): Answer {
    if (this.isUndecided) {
      return this.settle(NO_DATA);
    }
    return this.#state === 'delayed' ? Answer.#telling : this;
  }

  /** Answers with `data`, if nothing else has been answered. */
  settle(data: Uint8Array): Answer {
    if (this.isAnswered) {
      return this;
    }
    if (this.#state === 'told') {
      return new Answer('answering-told', data);
    }
    return data.length === 0 ? Answer.#answering : new Answer('answering', data);
  }

  /**
   * Refuses the channel.
   *
   * @param knowsRefuse - whether the peer drops what waits when it hears of it. One that does not and has been told of a
   *   window may have sent already, and needs credit to get to its end
   */
  refuse(knowsRefuse: boolean): Answer {
    if (this.isAnswered) {
      return this;
    }
    return new Answer(this.#state === 'told' && !knowsRefuse ? 'answering-told' : 'refusing');
  }

  /** What was due has been written. */
  written(): Answer {
    switch (this.#state) {
      case 'telling':
        return Answer.#told;
      case 'answering':
        return Answer.#answered;
      case 'answering-told':
        return Answer.#answeredTold;
      default:
        return Answer.#refused;
    }
  }
}
