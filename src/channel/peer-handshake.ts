import type { Observable } from 'rxjs';
import { MuxError } from '../errors.js';
import { Once } from '../reactive/once.js';

/**
 * What is known: nothing; the data, as long as it may be a refusal; what `parseHandshake` made of it; that there was
 * nothing to be parsed; or why there is no handshake.
 */
type Known = 'nothing' | 'doubtful' | 'value' | 'empty' | 'error';

/**
 * The peer's handshake: whether it has come, and what it said.
 *
 * An answer with neither room nor data may be a refusal, which ERROR_END completes. Until the next message tells, such an
 * answer is not told to anybody.
 */
export class PeerHandshake<H> {
  #known: Known = 'nothing';
  /** The data, the value, or the error. Not in an object with `#known`: every channel would have one. */
  #what: unknown;
  #handshake$: Once<H> | undefined;

  /** Whether it has come, be it as one that cannot be taken. */
  get hasCome(): boolean {
    return this.#known !== 'nothing';
  }

  /** Whether there is none, and will be none: the channel was refused or is gone, or the data could not be taken. */
  get hasFailed(): boolean {
    return this.#known === 'error';
  }

  /** What it said, where that is known. */
  get value(): H | undefined {
    return this.#known === 'value' ? (this.#what as H) : undefined;
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
    this.#is('doubtful', data);
  }

  /**
   * It is no refusal. Does nothing where that is known already.
   *
   * @param parse - the option `parseHandshake`
   * @returns its exception, in a `MuxError`
   */
  confirm(parse: (data: Buffer) => H, channelId: number): MuxError | undefined {
    if (this.#known !== 'doubtful') {
      return undefined;
    }
    const data = this.#what as Buffer;
    try {
      this.#is('value', parse(data));
    } catch (cause) {
      if (data.length > 0) {
        const problem = new MuxError('ERR_RXMUX_PARSE_HANDSHAKE', 'parseHandshake failed', {
          channelId,
          cause,
        });
        this.#is('error', problem);
        return problem;
      }
      this.#is('empty');
    }
    return undefined;
  }

  /** It will not come, or cannot be taken, or was a refusal. Does nothing where it is known already. */
  fail(error: unknown): void {
    if (this.#known === 'nothing' || this.#known === 'doubtful') {
      this.#is('error', error);
    }
  }

  #is(known: Known, what?: unknown): void {
    this.#known = known;
    this.#what = what;
    this.#tell();
  }

  #tell(): void {
    if (this.#handshake$ === undefined) {
      return;
    }
    switch (this.#known) {
      case 'error':
        this.#handshake$.error(this.#what);
        break;
      case 'value':
        this.#handshake$.settle(this.#what as H);
        break;
      case 'empty':
        this.#handshake$.complete();
    }
  }
}
