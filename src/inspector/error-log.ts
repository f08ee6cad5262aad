/** An error as it is shown. */
export interface ErrorEntry {
  /** ms since 1970, of the last time. */
  readonly at: number;
  readonly muxName: string;
  /** The channel's number, of the first time; `undefined` where it is about the mux. */
  readonly channel: number | undefined;
  /** `'ProtocolError'` and the like. */
  readonly name: string;
  /** What it says, where the words are this package's. */
  readonly text: string;
  /** How often it came, one after the other. */
  readonly count: number;
}

/** Errors that are kept. */
const MAX_ERRORS = 50;

/** The newest errors. */
export class ErrorLog {
  #entries: readonly ErrorEntry[] = [];
  #version = 0;

  /** Newest first. */
  get entries(): readonly ErrorEntry[] {
    return this.#entries;
  }

  /** Changes with them. */
  get version(): number {
    return this.#version;
  }

  add(error: unknown, at: number, muxName: string): void {
    const { name, text, channel } = described(error);
    const [last, ...others] = this.#entries;
    const isAgain = last?.muxName === muxName && last.name === name && last.text === text;
    this.#entries = isAgain
      ? [{ ...last, at, count: last.count + 1 }, ...others]
      : [{ at, muxName, channel, name, text, count: 1 }, ...this.#entries].slice(0, MAX_ERRORS);
    this.#version += 1;
  }
}

/**
 * What may be told of an error. Words of an application's may hold what it has got, and so may those of a codec, which are
 * the `cause` of ours; and where the peer speaks something else, our own quote its first bytes.
 */
function described(error: unknown): Pick<ErrorEntry, 'name' | 'text' | 'channel'> {
  const { name, message, code, channelId, cause } = Object(error) as Partial<Record<string, unknown>>;
  const isOwn = typeof code === 'string' && code.startsWith('ERR_RXMUX_');
  const { code: system } = Object(cause) as { code?: unknown };
  const reason = typeof system === 'string' && /^[A-Z][A-Z0-9_]*$/.test(system) ? ` (${system})` : '';
  return {
    name: typeof name === 'string' ? name : 'error',
    text: isOwn ? `${String(message).replace(/:? [^:]*".*/s, '')}${reason}` : '',
    channel: typeof channelId === 'number' ? channelId : undefined,
  };
}
