import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';

/** Listens on the port that is the program's argument, or on any that is free; returns which. */
export async function listenOnArgument(server: Server): Promise<number> {
  const given = process.argv.slice(2);
  const [port = '0'] = given;
  if (given.length > 1 || !/^\d+$/.test(port) || Number(port) > 65_535) {
    throw new TypeError(`expected a port, 0 … 65535, got ${given.join(' ')}`);
  }
  await once(server.listen(Number(port), '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
