import { toBytes } from '../arguments.js';
import type { Codec } from './codec.js';

/**
 * Messages that are bytes, as they are. What comes is a view of what the carrier delivered: to keep a small message is to
 * keep the whole of that, so copy it (`Uint8Array.from(message)`: in Node it is a Buffer, whose `slice()` is no copy).
 *
 * @returns a codec. Its `encode` throws TypeError for what is neither bytes nor a string, which goes in UTF-8
 *
 * @example
 * ```ts
 * import type { Channel } from 'rxmux';
 * import { bytes, toMessages } from 'rxmux/messages';
 *
 * const sizes = (channel: Channel) =>
 *   toMessages(channel, bytes()).inbound$.subscribe((message) => console.log(message.length));
 * ```
 */
export function bytes(): Codec<Uint8Array> {
  return {
    encode: (value) => toBytes('a message', value),
    decode: (value) => value,
  };
}
