import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { CarrierPair } from './peer.js';

/** Both ends of a TCP connection over loopback, without Nagle's algorithm. */
export async function loopback(): Promise<CarrierPair> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], []];
  server.close();
  near.setNoDelay();
  far.setNoDelay();
  return { near, far };
}
