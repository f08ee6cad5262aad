import { oneOf } from '../arguments.js';

/** What becomes of values for which there is no room: at most so many bytes of them wait, the newest waits, or none. */
export type Overflow = { readonly limit: number } | 'latest' | 'drop';

/**
 * What the options `overflow` and `limit` of `send` mean.
 *
 * @throws TypeError where `given` is none of the words
 */
export function overflowOf(given: 'buffer' | 'latest' | 'drop' | 'error', limit: number): Overflow {
  const policy = oneOf('options.overflow', given, ['buffer', 'latest', 'drop', 'error']);
  if (policy === 'latest' || policy === 'drop') {
    return policy;
  }
  return { limit: policy === 'error' ? 0 : limit };
}
