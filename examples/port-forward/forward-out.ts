import type { Socket } from 'node:net';
import { pipeBothWays } from './pipe-both-ways.js';
import { reason } from './reason.js';
import { formatRequest } from './request.js';
import { formatTarget, type Target } from './target.js';
import type { Tunnel, TunnelChannel } from './tunnel.js';

/** The client's part: gives a connection that a local port has accepted a channel of its own. */
export function forwardOut(
  socket: Socket,
  tunnel: Tunnel,
  target: Target,
  log: (line: string) => void,
): void {
  const fail = (error: unknown): void => {
    log(`${formatTarget(target)}: ${reason(error)}`);
  };
  let channel: TunnelChannel;
  try {
    channel = tunnel.open(formatRequest({ type: 'connect', target }));
  } catch (error) {
    socket.resetAndDestroy(); // the tunnel is full, or closing
    fail(error);
    return;
  }
  pipeBothWays(socket, tunnel, channel).catch(fail);
}
