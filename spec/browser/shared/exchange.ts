import { filter, firstValueFrom, lastValueFrom, tap, toArray } from 'rxjs';
import type { Channel } from 'rxmux';

/** What one side has sent and received through a channel. */
export interface Exchanged {
  readonly id: number;
  readonly bytesSent: number;
  readonly sent: string;
  readonly received: string;
  /** Whether all chunks were the platform's own byte arrays. */
  readonly areUint8Arrays: boolean;
}

/** Bytes that each side sends: no multiple of a frame. */
const BYTES = 1_048_583;

/** How much is given to a channel at a time. */
const PIECE = 40_001;

/** Sends random bytes as fast as the channel takes them, receives what the far end sends, and tells the hashes. */
export async function exchange(channel: Channel): Promise<Exchanged> {
  const data = randomBytes(BYTES);
  const [, received] = await Promise.all([send(channel, data), receive(channel)]);
  return {
    id: channel.id,
    bytesSent: data.length,
    sent: await sha256(data),
    received: await sha256(received.bytes),
    areUint8Arrays: received.areUint8Arrays,
  };
}

async function send({ outbound$, writable$ }: Channel, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; at += PIECE) {
    await firstValueFrom(writable$.pipe(filter(Boolean)));
    outbound$.next(data.subarray(at, at + PIECE));
  }
  outbound$.complete();
}

/** All that the far end sends. */
export async function receive({
  inbound$,
}: Channel): Promise<{ bytes: Uint8Array<ArrayBuffer>; areUint8Arrays: boolean }> {
  let areUint8Arrays = true;
  const chunks = await lastValueFrom(
    inbound$.pipe(
      tap((chunk: unknown) => {
        areUint8Arrays &&= chunk instanceof Uint8Array;
      }),
      toArray(),
    ),
  );
  return { bytes: new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer()), areUint8Arrays };
}

export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536)); // no more at a time
  }
  return bytes;
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
