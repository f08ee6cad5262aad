import { HeapAnchor } from '../../src/carrier/heap-anchor.js';

const large = (): Buffer => Buffer.alloc(65_536);

describe('HeapAnchor', () => {
  it('keeps the last of every eight large chunks, until the next one', () => {
    const anchor = new HeapAnchor();
    const chunks = Array.from({ length: 23 }, large);
    const kept = chunks.map((chunk) => {
      anchor.saw(chunk);
      return anchor.kept === undefined ? -1 : chunks.indexOf(anchor.kept as Buffer);
    });
    expect(kept.slice(0, 7)).toEqual(Array(7).fill(-1));
    expect(kept.slice(7, 15)).toEqual(Array(8).fill(7));
    expect(kept.slice(15)).toEqual(Array(8).fill(15));
  });

  it('keeps none of many small ones', () => {
    const anchor = new HeapAnchor();
    for (let read = 0; read < 100; read += 1) {
      anchor.saw(Buffer.alloc(32_767));
    }
    expect(anchor.kept).toBeUndefined();
  });

  it('keeps none that is a part of more memory, which would be kept with it', () => {
    const anchor = new HeapAnchor();
    const memory = Buffer.alloc(1_048_576);
    for (let at = 0; at < memory.length; at += 65_536) {
      anchor.saw(memory.subarray(at, at + 65_536));
    }
    expect(anchor.kept).toBeUndefined();
  });
});
