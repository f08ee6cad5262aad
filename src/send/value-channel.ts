import type { ENCODE } from '../brands.js';
import type { Channel } from '../channel/channel.js';

/**
 * A channel that takes values of some type: `Messages` of `rxmux/messages` are one. It is all that `send` knows of them.
 *
 * @typeParam T - the values
 */
export interface ValueChannel<T> {
  readonly channel: Channel<unknown>;
  /** The bytes that a value is sent as. It throws where it cannot be sent. @internal */
  readonly [ENCODE]: (value: T) => Uint8Array;
}
