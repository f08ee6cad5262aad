import { show } from '../arguments.js';
import type { Codec } from './codec.js';
import { textCodec } from './text-codec.js';

/**
 * Messages that are strings, in UTF-8. What is no UTF-8 is refused.
 *
 * @returns a codec. Its `encode` throws TypeError for what is no string
 *
 * @example
 * ```ts
 * import type { Channel } from 'rxmux';
 * import { text, toMessages } from 'rxmux/messages';
 *
 * const greet = (channel: Channel) => toMessages(channel, text()).outbound$.next('hello');
 * ```
 */
export function text(): Codec<string> {
  return textCodec(checked, (value) => value);
}

function checked(value: string): string {
  if (typeof value !== 'string') {
    throw new TypeError(`a message must be a string, got ${show(value)}`);
  }
  return value;
}
