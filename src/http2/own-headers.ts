import { constants, type OutgoingHttpHeaders } from 'node:http2';
import { anyObject } from '../arguments.js';
import { isOwnHeader } from './headers.js';

/** What HTTP takes as a name: a token of RFC 9110, 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The pseudo-headers of requests that are no CONNECT. */
export const OF_REQUESTS: readonly string[] = [
  constants.HTTP2_HEADER_AUTHORITY,
  constants.HTTP2_HEADER_METHOD,
  constants.HTTP2_HEADER_PATH,
  constants.HTTP2_HEADER_SCHEME,
];

/** The pseudo-headers of responses. */
export const OF_RESPONSES: readonly string[] = [constants.HTTP2_HEADER_STATUS];

/**
 * Headers that a user wants sent with each channel. Refuses those that HTTP/2 takes, though it then resets the stream at
 * the far end, or the far end finds no channel in it: no user could tell from the error of the channel what is wrong.
 *
 * @param pseudo - the pseudo-headers that are allowed
 * @throws TypeError that names `path`, and the header
 */
export function ownHeaders(
  path: string,
  given: OutgoingHttpHeaders,
  pseudo: readonly string[],
): OutgoingHttpHeaders {
  for (const [name, value] of Object.entries(anyObject(path, given))) {
    const isWrong = name.startsWith(':')
      ? !pseudo.includes(name)
      : name.toLowerCase() === constants.HTTP2_HEADER_CONTENT_LENGTH ||
        isOwnHeader(name) ||
        !TOKEN.test(name);
    if (isWrong && value !== undefined) {
      throw new TypeError(`${path} must not have ${name}`);
    }
  }
  return given;
}
