import type { Channel, Mux, ParsingMuxOptions } from 'rxmux';
import { parseRequest, type Request } from './request.js';

/** The mux between the two programs. */
export type Tunnel = Mux<Request | undefined>;

/** One forwarded connection in it. */
export type TunnelChannel = Channel<Request | undefined>;

/** What both ends say of their mux. */
export const tunnelOptions: ParsingMuxOptions<Request | undefined> = {
  parseHandshake: parseRequest,
  maxHeaderSize: 512, // a name has 253 bytes at most
  maxOpen: 4096, // each takes a socket, too
  keepAliveTimeout: 90_000, // a peer is heard of every 30 s
};
