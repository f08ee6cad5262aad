import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { forkJoin, map, mergeMap, type Observable, range } from 'rxjs';
import { type Mux, toDuplex } from 'rxmux';

/** What was sent through a pipe, and whether the same came back. */
export interface Sent {
  readonly pipe: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly isSame: boolean;
}

const PIPES = 10;

/** Opens the pipes, all at once, and sends random bytes through each. Emits when they have come back. */
export function sendPipes(mux: Mux): Observable<Sent> {
  return range(0, PIPES).pipe(mergeMap((pipe) => sendPipe(mux, pipe)));
}

function sendPipe(mux: Mux, pipe: number): Observable<Sent> {
  const bytes = randomBytes((pipe + 1) * 10 * 1024);
  const duplex = toDuplex(mux.open(Uint8Array.of(pipe))); // the number travels with the handshake
  return forkJoin({
    back: buffer(duplex),
    end: pipeline(Readable.from([bytes]), duplex),
  }).pipe(
    map(({ back }) => ({
      pipe,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      isSame: back.equals(bytes),
    })),
  );
}
