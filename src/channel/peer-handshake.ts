import type { Observable } from 'rxjs';
import { MuxError } from '../errors.js';
import { Once } from '../reactive/once.js';

/**
 * What is known: the data, as long as it may be a refusal; what `parseHandshake` made of it; nothing, where there was none;
 * or why there is nothing.
 */
type Known<H> =
  | { readonly doubtful: Uint8Array }
  | { readonly value: H }
  | { readonly error: unknown }
  | { readonly none: true };

/**
 * The peer's handshake: whether it has come, and what it said.
 *
 * An answer with neither room nor data may be a refusal, which ERROR_END completes. Until the next message tells, such an
 * answer is not told to anybody.
 */
export class PeerHandshake<H> {
  #known: Known<H> | undefined;
  #handshake$: Once<H> | undefined;

  /** Whether it has come, be it as one that cannot be taken. */
  get hasCome(): boolean {
    return this.#known !== undefined;
  }

  /** What it said, where that is known. */
  get value(): H | undefined {
    return this.#known !== undefined && 'value' in this.#known ? this.#known.value : undefined;
  }

  /** Emits what it said, and completes; without a value where it said nothing that could be parsed. Errors with what went wrong. */
  get handshake$(): Observable<H> {
    if (this.#handshake$ === undefined) {
      this.#handshake$ = new Once<H>();
      this.#tell();
    }
    return this.#handshake$;
  }

  /** It has come. Nobody is told before {@link confirm} or {@link fail}: it may be a refusal. */
  come(data: Uint8Array): void {
    this.#known = { doubtful: data };
  }

  /**
   * It is no refusal. Does nothing where that is known already.
   *
   * @param parse - the option `parseHandshake`
   * @returns its exception, in a `MuxError`
   */
  confirm(parse: (data: Buffer) => H, channelId: number): MuxError | undefined {
    if (this.#known === undefined || !('doubtful' in this.#known)) {
      return undefined;
    }
    const data = this.#known.doubtful as Buffer;
    let problem: MuxError | undefined;
    try {
      this.#known = { value: parse(data) };
    } catch (cause) {
      if (data.length > 0) {
        const details = { channelId, cause };
        problem = new MuxError('ERR_RXMUX_PARSE_HANDSHAKE', 'parseHandshake failed', details);
        this.#known = { error: problem };
      } else {
        this.#known = { none: true }; // there was nothing to be parsed
      }
    }
    this.#tell();
    return problem;
  }

  /** It will not come, or cannot be taken, or was a refusal. Does nothing where it is known already. */
  fail(error: unknown): void {
    if (this.#known === undefined || 'doubtful' in this.#known) {
      this.#known = { error };
      this.#tell();
    }
  }

  #tell(): void {
    const known = this.#known;
    if (this.#handshake$ === undefined || known === undefined || 'doubtful' in known) {
      return;
    }
    if ('error' in known) {
      this.#handshake$.error(known.error);
    } else if ('value' in known) {
      this.#handshake$.settle(known.value);
    } else {
      this.#handshake$.complete();
    }
  }
}
