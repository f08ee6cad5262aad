/** The bytes of `chunks` in memory of their own, which may be given away: `Buffer.concat` takes it from a pool. */
export function join(chunks: readonly Uint8Array[]): ArrayBuffer {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined.buffer;
}
