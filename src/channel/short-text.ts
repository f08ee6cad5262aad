import { Buffer } from 'node:buffer';

/** Bytes that a text may have to stand for what it names. */
const LONGEST = 64;

/** The first letter that shows. */
const SPACE = 0x20;

/** What shows, on one line: nearly always, and with letters of other scripts, which takes much longer to be seen. */
const ASCII = /^[ -~]+$/;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u;

/** The text that `given` is, where that is printable and short; else `undefined`. */
export function shortText(given: unknown): string | undefined {
  if (typeof given === 'string') {
    const isShort = given.length <= LONGEST && Buffer.byteLength(given) <= LONGEST;
    return isShort && (ASCII.test(given) || PRINTABLE.test(given)) ? given : undefined;
  }
  if (!Buffer.isBuffer(given) || given.length > LONGEST || !(Number(given[0]) >= SPACE)) {
    return undefined; // so it is with most, and nothing has to be made of them to see it
  }
  const text = given.toString();
  return text.includes('\ufffd') ? undefined : shortText(text); // bytes that are no UTF-8
}
