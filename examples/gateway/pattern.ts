/** The byte that a stream sends at that position: bytes that are lost, doubled, swapped or another stream's show. */
export const patternByte = (stream: number, position: number): number =>
  (Math.imul(position ^ Math.imul(stream, 0x9e3779b1), 0x85ebca6b) >>> 16) & 0xff;
