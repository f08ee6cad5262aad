import { Buffer } from 'node:buffer';

/** Some engines have none, nor has jsdom. */
const decoder =
  typeof TextDecoder === 'function' ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) : undefined;

/**
 * The text that the bytes are; a mark of their order is a part of it.
 *
 * @throws TypeError where they are no UTF-8
 */
export function utf8Text(bytes: Uint8Array): string {
  return decoder === undefined ? compared(bytes) : decoder.decode(bytes);
}

/** What is no UTF-8 becomes another text, whose bytes are others. */
function compared(bytes: Uint8Array): string {
  const given = Buffer.from(bytes);
  const text = given.toString();
  if (!Buffer.from(text).equals(given)) {
    throw new TypeError('the bytes are no utf-8');
  }
  return text;
}
