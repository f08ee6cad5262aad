import { Buffer } from 'node:buffer';
import type { Bytes } from '../bytes.js';
import { toBytes } from '../arguments.js';
import { MessageTooBigError } from '../errors.js';
import type { Codec } from './codec.js';
import type { TextEncode } from './text-codec.js';

/** Bytes of the length before each message. */
export const LENGTH_SIZE = 4;

/** Makes the bytes of a message, its length before it. */
export type Encoder<Out> = (value: Out) => Bytes;

/**
 * @param codec - makes the bytes of a value
 * @param maxMessageSize - bytes that these may be; for more it throws {@link MessageTooBigError}
 * @param channelId - the number of the channel, for errors; `undefined` where it is for several
 */
export function encoder<Out>(
  codec: Pick<Codec<unknown, Out>, 'encode'>,
  maxMessageSize: number,
  channelId: number | undefined,
): Encoder<Out> {
  const frameOf = (length: number): Buffer => {
    if (length > maxMessageSize) {
      throw new MessageTooBigError(length, maxMessageSize, { channelId });
    }
    const frame = Buffer.allocUnsafe(LENGTH_SIZE + length);
    frame.writeUInt32BE(length);
    return frame;
  };
  const { toText } = codec.encode as TextEncode<Out>;
  if (toText !== undefined) {
    return (value) => {
      const text = toText(value);
      const length = Buffer.byteLength(text);
      const frame = frameOf(length);
      // As many bytes as characters: it is ASCII, which is written in half the time where that is known.
      frame.write(text, LENGTH_SIZE, length > text.length ? 'utf8' : 'latin1');
      return frame;
    };
  }
  return (value) => {
    const bytes = toBytes('what encode returns', codec.encode(value));
    const frame = frameOf(bytes.length);
    frame.set(bytes, LENGTH_SIZE);
    return frame;
  };
}
