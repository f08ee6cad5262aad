import { connect } from 'node:net';
import type { IsAllowed } from './allowed-targets.js';
import { pipeBothWays } from './pipe-both-ways.js';
import { reason } from './reason.js';
import { formatTarget, type Target } from './target.js';
import type { Tunnel, TunnelChannel } from './tunnel.js';

/**
 * The server's part: connects to the target that a channel names, and only then answers the channel, so that it can
 * still be refused. What the client sends meanwhile waits.
 */
export function forwardIn(
  tunnel: Tunnel,
  channel: TunnelChannel,
  target: Target,
  isAllowed: IsAllowed,
  log: (line: string) => void,
): void {
  const name = formatTarget(target);
  if (!isAllowed(target)) {
    log(`${name}: not allowed`);
    channel.reject();
    return;
  }
  const accept = channel.delayHandshake();
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  socket.once('connect', () => {
    accept();
  });
  // Where there is no connection, the error of the socket ends the channel with an error: the same as `reject()`.
  pipeBothWays(socket, tunnel, channel).catch((error: unknown) => {
    log(`${name}: ${reason(error)}`);
  });
}
