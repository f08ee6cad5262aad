// The receiving process. It tells its parent on which port it listens, takes one session, and ends with it. The session
// survives its connection: a socket that comes later goes on with it.
import { type AddressInfo, createServer } from 'node:net';
import { BehaviorSubject, filter, type Observable, scan, switchMap, take } from 'rxjs';
import { type Channel, Mux } from 'rxmux';
import { ResumableSessions, type SessionCarrier } from 'rxmux/resume';
import { type FileHandshake, parseHandshake } from './file-handshake.js';
import { sha256 } from './sha256.js';

const sessions = new ResumableSessions();
const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  sessions.accept(socket);
});

sessions.carriers$.subscribe(receive);

server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

// Where the parent has gone there is nobody to wait for, and after the one session there is not either.
process.once('disconnect', end);

// Ctrl+C goes to the parent as well, and the parent ends the session.
process.on('SIGINT', () => undefined);

/** Answers what comes in a session, and ends with it. */
function receive(carrier: SessionCarrier): void {
  carrier.state$.subscribe({ complete: end });
  const mux = new Mux(carrier, { parseHandshake });
  const arrived$ = new BehaviorSubject(0);
  mux.removed$.pipe(scan((count) => count + 1, 0)).subscribe(arrived$);
  mux.channels$.subscribe({
    next: (channel) => {
      answer(channel, arrived$);
    },
    error: () => {
      process.exitCode = 1; // the sender has seen the session fail, too, and says so
    },
  });
}

function end(): void {
  server.close();
  sessions.destroy();
  if (process.connected) {
    process.disconnect();
  }
}

/**
 * Sends a file's SHA-256 back on the file's own channel. To subscribe to `inbound$` is to ask for the bytes, so until
 * as many files have arrived as the sender wants the channel stands still. What fails becomes the channel's error.
 */
function answer(channel: Channel<FileHandshake>, arrived$: Observable<number>): void {
  channel.handshake$
    .pipe(
      switchMap(({ after }) => arrived$.pipe(filter((count) => count >= after))),
      take(1),
      switchMap(() => channel.inbound$),
      sha256(),
    )
    .subscribe(channel.outbound$);
}
