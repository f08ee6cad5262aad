import type { Bytes } from '../bytes.js';
import type { Channel } from './channel.js';

/** A HANDSHAKE or PRE_HANDSHAKE that has been sent. */
export interface HandshakeSent<H = Bytes> {
  readonly channel: Channel<H>;
  /** Whether it was a PRE_HANDSHAKE: the answer is still to come. */
  readonly pre: boolean;
  /** Whether the carrier took it without becoming full. Where not, wait for `drain$` before opening more channels. */
  readonly complete: boolean;
}
