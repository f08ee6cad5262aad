import { REMOTE_ERROR } from '../brands.js';

/** Codes of this package and of Node's modules that say that a connection is gone, or cannot be made: a stream may be one. */
const CODES_LIKE =
  /^ERR_(RXMUX_(CARRIER|KEEP|NATS|SESSION)|HTTP2_S\w+_(CANCEL|ERROR)|SOCKET_CLOSED|STREAM_PREMATURE_CLOSE)/;

/** Codes of the system that say so. */
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTCONN',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * Whether an error is one of the connection, so that another one may do: it was lost, or could not be made, or the session
 * over it is lost. Not so an error of one channel: the peer's refusal, a limit, a message that makes no sense. Nor what a
 * method of the far side has failed with, whatever code that has (`ECONNREFUSED` of its database, say). Nor one of what is
 * forbidden (`EACCES`, `EPERM`), and will be the next time. `ENOENT` is one where it is a socket's or a pipe's, whose server is
 * not there, and not where it is a file's.
 *
 * It goes by what errors say, and not by their classes, so those of other copies of this package are known, too.
 *
 * @example
 * ```ts
 * import { retry, throwError } from 'rxjs';
 * import { connectionLost } from 'rxmux/resume';
 *
 * // Again on the next connection; what the peer refuses is refused.
 * const again = retry({ delay: (error) => (connectionLost(error) ? [0] : throwError(() => error)) });
 * ```
 */
export function connectionLost(error: unknown): boolean {
  const given = Object(error) as Partial<Record<PropertyKey, unknown>>;
  const { code, syscall, source } = given;
  const isNoServer = code === 'ENOENT' && syscall === 'connect'; // nobody listens at the path of a Unix socket, or of a named pipe
  // Browsers give no code: a WebTransport session's error says whose it is, an RTCDataChannel's what has failed.
  const isSession = source === 'session' || 'errorDetail' in given;
  // The far side gives its errors any code. A `closeCode` is that of a WebSocketClosedError.
  return (
    !(REMOTE_ERROR in given) &&
    (CODES.has(code) ||
      (typeof code === 'string' && CODES_LIKE.test(code)) ||
      isNoServer ||
      isSession ||
      'closeCode' in given)
  );
}
