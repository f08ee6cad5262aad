import { Buffer } from 'node:buffer';
import type { Codec } from './codec.js';
import { utf8Text } from './utf8-text.js';

/** A codec whose bytes are text. It is known here so that the text is written straight to where it is to be. */
export class TextCodec<In, Out> implements Codec<In, Out> {
  // Functions of their own, so that `{ ...json(), decode }` is a codec, too.
  readonly encode: (value: Out) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => In;

  /**
   * @param toText - the text that a value is sent as
   * @param fromText - the value that a text means
   */
  constructor(
    readonly toText: (value: Out) => string,
    fromText: (text: string) => In,
  ) {
    this.encode = (value) => Buffer.from(toText(value));
    this.decode = (bytes) => fromText(utf8Text(bytes));
  }
}
