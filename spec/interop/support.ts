import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import type { MuxOptions } from '../../src/index.js';
import { BpmuxSide } from './bpmux-side.js';
import type { End } from './end.js';
import { type Face, RxmuxSide } from './rxmux-side.js';
import type { Side, SideOptions } from './side.js';

const open: { sockets: Socket[]; server: Server }[] = [];
const faults: string[] = [];

/**
 * The two ends of a loopback TCP connection. Without delay: bpmux writes length, header and payload apart, and the
 * system would hold each up until the one before has been acknowledged, by up to 40 ms.
 */
export async function connect(): Promise<[Socket, Socket]> {
  const server = createServer({ noDelay: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = connectTo({ port, host: '127.0.0.1', noDelay: true });
  const far = await new Promise<Socket>((resolve) => server.once('connection', resolve));
  open.push({ sockets: [near, far], server });
  return [near, far];
}

/** A mux of each library with a connection between them. What either finds wrong with the other is a fault. */
export async function connectMuxes(
  face: Face,
  options: SideOptions = {},
  rxmuxOptions: Pick<MuxOptions, 'maxOpen'> = {},
): Promise<{ rxmux: RxmuxSide; bpmux: BpmuxSide }> {
  const [near, far] = await connect();
  const rxmux = new RxmuxSide(near, face, { ...options, ...rxmuxOptions });
  const bpmux = new BpmuxSide(far, options);
  rxmux.mux.errors$.subscribe((error) => faults.push(`rxmux: ${error.message}`));
  bpmux.mux.on('error', (error) => faults.push(`bpmux: ${error.message}`));
  return { rxmux, bpmux };
}

/** Closes all connections. Returns the faults that the muxes had found until then. */
export async function disconnect(): Promise<string[]> {
  const found = faults.splice(0);
  for (const { sockets, server } of open.splice(0)) {
    const closing = sockets.filter(({ closed }) => !closed).map((socket) => once(socket.destroy(), 'close'));
    await Promise.all(closing);
    server.close();
    await once(server, 'close');
  }
  faults.length = 0; // what a mux says of being cut off
  return found;
}

/** Who opens channels to whom, and how the channels of rxmux are used. */
export interface Role {
  readonly opener: 'rxmux' | 'bpmux';
  readonly face: Face;
}

/** All roles, for `describe.each`. */
export const roles: readonly Role[] = [
  { opener: 'rxmux', face: 'Subjects' },
  { opener: 'rxmux', face: 'Duplex' },
  { opener: 'bpmux', face: 'Subjects' },
  { opener: 'bpmux', face: 'Duplex' },
];

/** {@link connectMuxes}, with the two sides named after their parts in the role. */
export async function connectSides(
  { opener, face }: Role,
  options?: SideOptions,
): Promise<{ opener: Side; acceptor: Side }> {
  const { rxmux, bpmux } = await connectMuxes(face, options);
  return opener === 'rxmux' ? { opener: rxmux, acceptor: bpmux } : { opener: bpmux, acceptor: rxmux };
}

/** Both ends of a new channel, which has been answered. */
export async function openChannel({
  opener,
  acceptor,
}: {
  opener: Side;
  acceptor: Side;
}): Promise<[End, End]> {
  const near = opener.open();
  return [near, await acceptor.accept()];
}

/** Bytes that look random, and are the same for the same name. */
export const bytesNamed = (name: string, outputLength: number): Buffer =>
  createHash('shake128', { outputLength }).update(name).digest();

/** What tells long byte sequences apart in few characters. */
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
