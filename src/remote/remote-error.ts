import { isError } from '../arguments.js';
import { REMOTE_ERROR } from '../brands.js';

/**
 * An error that crosses the wire: one that a handler throws, or that its result errors with, reaches the caller as it is. All
 * other errors of handlers arrive with the code `INTERNAL`, and without their words.
 *
 * These codes are the package's own:
 *
 * | code | what has happened |
 * | --- | --- |
 * | `UNKNOWN_METHOD` | the far side has no such method |
 * | `BAD_ARGUMENTS` | its codec, or the schema of the method, refuses the arguments |
 * | `BAD_CALL` | what came is no call: its header or its metadata cannot be read |
 * | `BUSY` | as many calls as may be are under way (`maxConcurrent`) |
 * | `OVERFLOW` | values came faster than this side took them, and more than `limit` bytes of them would have had to wait |
 * | `DEADLINE` | the call has taken longer than `deadline` |
 * | `UNAVAILABLE` | the far side serves no more |
 * | `GOING_AWAY` | the far side closes its mux, and has not looked at the call |
 * | `INTERNAL` | a handler has failed with an error of another class, or a schema has failed to check |
 * | `BAD_MESSAGE`, `MESSAGE_TOO_BIG` | the far side could not read what this side has sent |
 */
export class RemoteError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'RemoteError';
  }

  /** For programs. */
  readonly code: string;
  /** What else the caller is to know: anything that the codec takes. */
  readonly data: unknown;

  /**
   * @param code - for programs
   * @param message - for people
   * @param data - anything that the codec takes
   * @throws TypeError where the code is no string
   */
  constructor(code: string, message: string, data?: unknown, options?: { cause?: unknown }) {
    super(message, options);
    if (typeof code !== 'string') {
      throw new TypeError(`the code of a RemoteError must be a string, got ${typeof code}`);
    }
    this.name = new.target.name;
    this.code = code;
    this.data = data;
    Object.defineProperty(this, REMOTE_ERROR, { value: true });
  }
}

/** Whether it is a {@link RemoteError}, of this copy of the package or of another one. */
export const isRemoteError = (error: unknown): error is RemoteError =>
  REMOTE_ERROR in (Object(error) as object);

const NO_WORDS = 'the call has failed';

/** What the far side hears of an error: no words of those that are not made for it, unless they are to be exposed. */
export function shownError(error: unknown, isExposed: boolean): RemoteError {
  if (isRemoteError(error)) {
    return error;
  }
  return new RemoteError('INTERNAL', isExposed ? wordsOf(error) : NO_WORDS);
}

function wordsOf(error: unknown): string {
  try {
    return String(isError(error) ? error.message : error);
  } catch {
    return NO_WORDS; // it has none, as an object without a prototype
  }
}
