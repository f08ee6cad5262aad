import type { Channel } from '../channel/channel.js';

/** The member of a {@link ValueChannel} that says which bytes a value is sent as. It throws where it cannot be sent. */
export const ENCODE: unique symbol = Symbol('encode');

/**
 * A channel that takes values of some type: `Messages` of `rxmux/messages` are one. It is all that `send` knows of them.
 *
 * @typeParam T - the values
 */
export interface ValueChannel<T> {
  readonly channel: Channel<unknown>;
  /** @internal */
  readonly [ENCODE]: (value: T) => Uint8Array;
}
