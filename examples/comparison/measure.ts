import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { bufferCount, filter, interval, lastValueFrom, map, scan, Subject, takeUntil, takeWhile } from 'rxjs';
import type { Contender } from './contender.js';

/** Bytes that have arrived on channel 0 and on channel 1. */
export type Arrived = readonly [number, number];

/**
 * Nothing moves any more when so many looks in a row see the same: each look comes after a round of the event loop, so
 * a machine that is slow for a while is not taken for a connection that stands still.
 */
const LOOKS = 20;

/** Milliseconds between two looks. */
const INTERVAL = 50;

/**
 * Lets a contender run over one TCP connection until channel 1 has got `enough` bytes, or until nothing moves any more.
 */
export async function measure(contender: Contender, enough: number): Promise<Arrived> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', noDelay: true });
  const [peer] = (await once(server, 'connection')) as [Socket];

  const chunks$ = new Subject<Arrived>();
  const stalled$ = interval(INTERVAL).pipe(
    map(() => peer.bytesRead),
    bufferCount(LOOKS, 1),
    filter((looks) => looks[0] === looks[LOOKS - 1]),
  );
  const arrived = lastValueFrom(
    chunks$.pipe(
      scan(([zero, one], chunk) => [zero + chunk[0], one + chunk[1]] as const),
      takeWhile(([, one]) => one < enough, true),
      takeUntil(stalled$),
    ),
    { defaultValue: [0, 0] as const },
  );

  contender.receive(peer, (channel, bytes) => {
    chunks$.next(channel === 0 ? [bytes, 0] : [0, bytes]);
  });
  contender.send(client);
  try {
    return await arrived;
  } finally {
    client.destroy();
    peer.destroy();
    server.close();
  }
}
