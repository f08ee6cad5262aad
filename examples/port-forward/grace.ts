/** Reads the option `--grace`, which is in seconds. Returns milliseconds. */
export function parseGrace(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds > 86_400) {
    throw new TypeError(`expected --grace in seconds, got ${JSON.stringify(text)}`);
  }
  return seconds * 1000;
}
