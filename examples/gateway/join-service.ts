import { type Channel, ChannelError, splice } from 'rxmux';
import type { Request } from './request.js';
import type { Services } from './services.js';

/** Opens a channel to the service that a client's channel names, and joins the two. */
export function joinService(channel: Channel<Request>, services: Services, names: readonly string[]): void {
  const request = channel.handshake;
  if (request === undefined) {
    channel.reject(new ChannelError('BAD_REQUEST', 'the handshake is no request'));
    return;
  }
  // A name becomes a subject of NATS: only those that are known may.
  if (!names.includes(request.service)) {
    channel.reject(new ChannelError('UNKNOWN_SERVICE', 'there is no such service'));
    return;
  }
  channel.priority = request.priority; // which the service's channel gets by `splice`
  let service: Channel;
  try {
    service = services.open(request);
  } catch {
    channel.reject(new ChannelError('UNAVAILABLE', 'no channel to the service'));
    return;
  }
  const accept = channel.delayHandshake();
  service.handshake$.subscribe({
    next: accept,
    error: () => undefined, // `splice` refuses the client's channel then, with the same reason
  });
  // What it errors with both ends have been told.
  splice(channel, service).subscribe({ error: () => undefined });
}
