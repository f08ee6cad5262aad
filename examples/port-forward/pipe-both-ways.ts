import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { toDuplex } from 'rxmux';
import { sendReset } from './resets.js';
import type { Tunnel, TunnelChannel } from './tunnel.js';

/**
 * Connects a socket, which must be one with `allowHalfOpen`, with a channel: each half by itself, until both have ended.
 * Where one of the two breaks, the other is reset.
 *
 * @returns a promise that is rejected with what broke
 */
export async function pipeBothWays(socket: Socket, tunnel: Tunnel, channel: TunnelChannel): Promise<void> {
  const stream = toDuplex(channel, { allowHalfOpen: true });
  // First of all listeners: `pipeline` would close the socket, which looks like its end.
  stream.once('error', () => {
    reset(socket);
  });
  socket.once('error', () => {
    if (stream.writableEnded) {
      sendReset(tunnel, channel.id);
    }
  });
  await Promise.all([pipeline(socket, stream), pipeline(stream, socket)]);
}

/** A socket cannot be reset while it connects, nor while it waits to send its end. */
function reset(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || isEnding) {
    socket.destroy();
  } else {
    socket.resetAndDestroy();
  }
}
