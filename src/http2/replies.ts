import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Reason } from '../protocol/reason.js';
import type { Reply } from './channel-stream.js';
import { areSendable, handshakeHeader, reasonHeader } from './headers.js';

/**
 * How the request for a channel is answered.
 *
 * @param headers - called for what is to be sent with a response that accepts it
 * @param onFault - called with what is wrong with these
 */
export const replyTo = (
  request: ServerHttp2Stream,
  headers: () => OutgoingHttpHeaders,
  onFault: (error: Error) => void,
): Reply => ({
  accept: (data) => {
    const answer = {
      ...headers(),
      [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/octet-stream',
      ...handshakeHeader(data),
    };
    if (request.headersSent || !areSendable(answer)) {
      request.close(constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    try {
      request.respond(answer, { waitForTrailers: true });
    } catch (error) {
      onFault(error as Error);
    }
  },
  refuse: (reason) => {
    refuse(request, constants.HTTP_STATUS_SERVICE_UNAVAILABLE, reason);
  },
});

/** Answers a request with a status and nothing more, unless a listener of the server's has answered it already. */
export function refuse(request: ServerHttp2Stream, status: number, reason?: Reason): void {
  request.on('error', () => undefined);
  if (request.headersSent) {
    return;
  }
  if (!request.closed) {
    const headers = { [constants.HTTP2_HEADER_STATUS]: status, ...reasonHeader(reason) };
    request.respond(headers, { endStream: true });
  }
  request.resume();
}
