import type { CLAIM } from '../brands.js';
import type { Channel } from '../channel/channel.js';
import type { Claim } from '../mux/claims.js';
import type { ChannelOptions } from '../options.js';

/** A `Mux`, whatever its option `parseHandshake` makes of handshake data. */
export interface AnyMux {
  open(data?: Uint8Array | string, options?: ChannelOptions): Channel<unknown>;
  /** @internal */
  [CLAIM](claim: Claim<unknown>): () => void;
}
