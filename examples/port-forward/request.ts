import { formatTarget, parseTarget, type Target } from './target.js';

/** What one end asks of the other as it opens a channel: in the handshake data, as text. */
export type Request =
  /** `host:port`: a connection to there. */
  | { readonly type: 'connect'; readonly target: Target }
  /** `reset 7`: no connection, but the end of channel 7. See `resets.ts`. */
  | { readonly type: 'reset'; readonly channel: number };

/** For the option `parseHandshake`. The other end's answer has no data, and is no request. */
export function parseRequest(data: Buffer): Request | undefined {
  if (data.length === 0) {
    return undefined;
  }
  const text = data.toString('latin1');
  const [, channel] = /^reset (\d{1,10})$/.exec(text) ?? [];
  return channel === undefined
    ? { type: 'connect', target: parseTarget(text) }
    : { type: 'reset', channel: Number(channel) };
}

/** What {@link parseRequest} reads. */
export const formatRequest = (request: Request): string =>
  request.type === 'reset' ? `reset ${request.channel}` : formatTarget(request.target);
