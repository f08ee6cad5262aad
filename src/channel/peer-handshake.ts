import type { Observable } from 'rxjs';
import { MuxError } from '../errors.js';
import { Once } from '../reactive/once.js';

/** What is known of the data: what `parseHandshake` made of it; nothing, where there was none; or why there is nothing. */
type Outcome<H> = { readonly value?: H } | { readonly error: unknown };

/**
 * The peer's handshake: whether it has come, and what it said.
 *
 * An answer with neither room nor data may be a refusal, which ERROR_END completes. Until the next message tells, such an
 * answer is not told to anybody.
 */
export class PeerHandshake<H> {
  readonly #parse: (data: Buffer) => H;
  #hasCome = false;
  /** The data of an answer that may be a refusal. */
  #doubtful: Uint8Array | undefined;
  #outcome: Outcome<H> | undefined;
  #handshake$: Once<H> | undefined;

  /** @param parse - the option `parseHandshake` */
  constructor(parse: (data: Buffer) => H) {
    this.#parse = parse;
  }

  /** Whether it has come, be it as one that cannot be taken. */
  get hasCome(): boolean {
    return this.#hasCome;
  }

  /** What it said, where that is known. */
  get value(): H | undefined {
    return this.#outcome !== undefined && 'value' in this.#outcome ? this.#outcome.value : undefined;
  }

  /** Emits what it said, and completes; without a value where it said nothing that could be parsed. Errors with what went wrong. */
  get handshake$(): Observable<H> {
    if (this.#handshake$ === undefined) {
      this.#handshake$ = new Once<H>();
      this.#tell();
    }
    return this.#handshake$;
  }

  /**
   * It has come.
   *
   * @param mayBeRefusal - whether nothing is to be told before {@link confirm} or {@link fail}
   * @returns the exception of `parseHandshake`, in a `MuxError`
   */
  come(data: Uint8Array, channelId: number, mayBeRefusal: boolean): MuxError | undefined {
    this.#hasCome = true;
    this.#doubtful = data;
    return mayBeRefusal ? undefined : this.confirm(channelId);
  }

  /** What may have been a refusal is none. Returns as {@link come} does. */
  confirm(channelId: number): MuxError | undefined {
    const data = this.#doubtful;
    if (data === undefined) {
      return undefined;
    }
    this.#doubtful = undefined;
    let problem: MuxError | undefined;
    try {
      this.#outcome = { value: this.#parse(data as Buffer) };
    } catch (cause) {
      if (data.length > 0) {
        const details = { channelId, cause };
        problem = new MuxError('ERR_RXMUX_PARSE_HANDSHAKE', 'parseHandshake failed', details);
        this.#outcome = { error: problem };
      } else {
        this.#outcome = {}; // there was nothing to be parsed
      }
    }
    this.#tell();
    return problem;
  }

  /** It will not come, or cannot be taken, or was a refusal. Does nothing where it is known already. */
  fail(error: unknown): void {
    this.#hasCome = true;
    this.#doubtful = undefined;
    if (this.#outcome === undefined) {
      this.#outcome = { error };
      this.#tell();
    }
  }

  #tell(): void {
    const outcome = this.#outcome;
    if (this.#handshake$ === undefined || outcome === undefined) {
      return;
    }
    if ('error' in outcome) {
      this.#handshake$.error(outcome.error);
    } else if ('value' in outcome) {
      this.#handshake$.settle(outcome.value);
    } else {
      this.#handshake$.complete();
    }
  }
}
