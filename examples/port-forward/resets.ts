import { formatRequest } from './request.js';
import type { Tunnel, TunnelChannel } from './tunnel.js';

// A connection that breaks ends its channel with an error, and so the other end learns of it. Where this side has ended
// its half of the channel before, nothing can follow on it: a download would run on although nobody takes it any more.
// So the other end is told by a request of its own.

/** Tells the other end that the connection behind a channel is broken. */
export function sendReset(tunnel: Tunnel, channel: number): void {
  try {
    tunnel.open(formatRequest({ type: 'reset', channel }));
  } catch {
    // The tunnel is closing or closed, and its channels end with it, or it is full.
  }
}

/** Answers `request`, in which the other end has told of channel `id`. */
export function receiveReset(tunnel: Tunnel, request: TunnelChannel, id: number): void {
  request.reject(); // all has been said, and a channel that is refused is gone at once
  tunnel.openChannels.get(id)?.destroy(new Error('the connection was reset at the other end'));
}
