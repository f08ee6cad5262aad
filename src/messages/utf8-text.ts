import { Buffer } from 'node:buffer';

/**
 * The text that the bytes are; a mark of their order is a part of it.
 *
 * @throws TypeError where they are no UTF-8
 */
export const utf8Text: (bytes: Uint8Array) => string =
  typeof TextDecoder === 'function' ? decoded() : compared;

function decoded(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}

/** Some engines have no decoder, nor has jsdom. What is no UTF-8 becomes another text, whose bytes are others. */
function compared(bytes: Uint8Array): string {
  const given = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = given.toString();
  if (text.includes('\ufffd') && !Buffer.from(text).equals(given)) {
    throw new TypeError('the bytes are no utf-8');
  }
  return text;
}
