import type { MuxErrorCode } from './errors.js';

/*
 * Marks by which copies of this package know each other's objects: its ES modules and its CommonJS ones in one program, or two
 * versions. A class is known to its own copy only, which is all that `instanceof` asks for.
 */

/** On a channel: the version of what adapters use of it. */
export const CHANNEL = Symbol.for('rxmux.channel');

/** On a carrier whose channels are streams of their own: what is said about one, and answered, passes what is on another. */
export const OWN_STREAMS = Symbol.for('rxmux.ownStreams');

/** The member of a mux by which somebody claims channels of the peer's. */
export const CLAIM = Symbol.for('rxmux.claim');

/** On a mux: what hands out the calls that come over it, for the `serve` of each copy. Another name where that changes. */
export const DISPATCHER = Symbol.for('rxmux.dispatcher');

/** The member of messages over a channel that says which bytes a value is sent as. */
export const ENCODE = Symbol.for('rxmux.encode');

/** On an error that is told to the peer. */
export const CHANNEL_ERROR = Symbol.for('rxmux.channelError');

/** On an error that reaches the caller of a method as it is. */
export const REMOTE_ERROR = Symbol.for('rxmux.remoteError');

/** Whether an error of this package has one of these codes. It may be of another copy, whose classes are others. */
export const hasCode = (error: unknown, ...codes: readonly MuxErrorCode[]): boolean =>
  codes.some((code) => (error as { readonly code?: unknown } | null | undefined)?.code === code);
