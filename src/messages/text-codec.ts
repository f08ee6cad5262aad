import { Buffer } from 'node:buffer';
import type { Codec } from './codec.js';
import { utf8Text } from './utf8-text.js';

/**
 * An `encode` whose bytes may be text. Then it knows how to make that, so that it is written straight to where it is to be.
 * It is the function that knows, and not its codec: in what is made of a codec it may be another one.
 */
export interface TextEncode<Out> {
  (value: Out): Uint8Array;
  readonly toText?: (value: Out) => string;
}

/**
 * A codec whose bytes are text. Its functions need no `this`, so that `{ ...json(), decode }` is a codec, too.
 *
 * @param toText - the text that a value is sent as
 * @param fromText - the value that a text means
 */
export function textCodec<In, Out>(
  toText: (value: Out) => string,
  fromText: (text: string) => In,
): Codec<In, Out> {
  return {
    encode: Object.assign((value: Out) => Buffer.from(toText(value)), { toText }),
    decode: (bytes) => fromText(utf8Text(bytes)),
  };
}
