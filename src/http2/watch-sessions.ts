import { type ClientHttp2Session, constants, type ServerHttp2Session } from 'node:http2';

/** What may become of a pair of sessions. */
export interface SessionsListener {
  /** One is broken. */
  onError(error: Error): void;
  /** One has lost its connection, or was destroyed, though nobody had asked it to close. An error may follow. */
  onLost(): void;
  /** The peer takes no more requests. */
  onGoingAway(): void;
  /** Both have been closed. */
  onClosed(): void;
}

/** Tells `listener` what becomes of the sessions, and of those that are gone already. */
export function watchSessions(
  client: ClientHttp2Session,
  server: ServerHttp2Session,
  listener: SessionsListener,
): void {
  let open = 2;
  for (const session of [client, server]) {
    session.on('error', (error: Error) => {
      listener.onError(error);
    });
    session.on('close', () => {
      open -= 1;
      if (open === 0) {
        listener.onClosed();
      }
    });
    if (session.destroyed) {
      listener.onLost();
      continue;
    }
    // Ahead of the session's own listener, which closes it for that.
    session.socket.prependListener('close', () => {
      if (!session.closed) {
        listener.onLost();
      }
    });
  }
  client.on('goaway', (code: number) => {
    if (code === constants.NGHTTP2_NO_ERROR) {
      listener.onGoingAway(); // any other is an error of the session
    }
  });
  client.on('close', () => {
    listener.onGoingAway();
  });
}
