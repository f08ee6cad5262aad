import { createCipheriv, createHash } from 'node:crypto';
import { concatMap, filter, type Observable, take, tap } from 'rxjs';
import { type Carrier, type Channel, Mux, type MuxOptions, send } from '../../src/index.js';

const PIECE = 50_000;

/** A mux that sends back, on each channel, all that comes. */
export function echoOver(carrier: Carrier, options?: MuxOptions): Mux {
  const mux = new Mux(carrier, options);
  mux.channels$.subscribe({ next: echo, error: () => undefined });
  return mux;
}

function echo(channel: Channel): void {
  channel.deliveries$
    .pipe(
      concatMap(({ chunk, ack }) => {
        channel.outbound$.next(chunk);
        return channel.writable$.pipe(filter(Boolean), take(1), tap(ack));
      }),
    )
    .subscribe({
      error: () => undefined,
      complete: () => {
        channel.outbound$.complete();
      },
    });
}

/** Random bytes, the same for the same seed; their hash is put in `digest` as they go. */
export function* randomBytes(seed: number, total: number, digest: { update(bytes: Uint8Array): unknown }) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  for (let left = total; left > 0; left -= PIECE) {
    const piece = cipher.update(Buffer.alloc(Math.min(PIECE, left)));
    digest.update(piece);
    yield piece;
  }
}

/**
 * Has random bytes sent back over a channel.
 *
 * @param onBytes - told how many have come back
 * @returns the SHA-256 of what was sent, and of what has come back
 */
export function roundTrip(
  mux: Mux,
  seed: number,
  total: number,
  onBytes: (received: number) => void = () => undefined,
): Promise<readonly [sent: string, received: string]> {
  const channel = mux.open();
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const inbound$: Observable<Uint8Array> = channel.inbound$;
  let count = 0;
  return new Promise((resolve, reject) => {
    inbound$.subscribe({
      next: (chunk) => {
        received.update(chunk);
        count += chunk.length;
        onBytes(count);
      },
      error: reject,
      complete: () => {
        resolve([sent.digest('hex'), received.digest('hex')]);
      },
    });
    send(randomBytes(seed, total, sent), channel).subscribe({ error: reject });
  });
}

/**
 * Has random bytes sent back over a carrier, as fast as it takes them.
 *
 * @returns the SHA-256 of what was sent, and of what has come back
 */
export function sendThere(
  carrier: Carrier,
  seed: number,
  total: number,
): Promise<readonly [sent: string, received: string]> {
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const pieces = randomBytes(seed, total, sent);
  return new Promise((resolve, reject) => {
    carrier.inbound$.subscribe({
      next: (chunk) => received.update(chunk),
      error: reject,
      complete: () => {
        resolve([sent.digest('hex'), received.digest('hex')]);
      },
    });
    carrier.capacity$.subscribe((room) => {
      if (room > 0) {
        const { value, done } = pieces.next();
        if (done === true) {
          carrier.end();
        } else {
          carrier.write([value]);
        }
      }
    });
  });
}
