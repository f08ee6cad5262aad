import fc from 'fast-check';
import { ReplayBuffer } from '../../src/flow/replay-buffer.js';
import { stillAlive } from '../hostile/support/heap.js';

/** Bytes of which each tells its position, modulo 251. */
const bytesFrom = (position: number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, i) => (position + i) % 251));

/** All from `position` on, read in parts. */
function readAll(buffer: ReplayBuffer, position: number, enough: number): Buffer {
  const chunks: Uint8Array[] = [];
  let at = position;
  while (at < buffer.end) {
    const read = buffer.read(at, enough);
    const length = read.reduce((sum, chunk) => sum + chunk.length, 0);
    expect(length).toBeGreaterThanOrEqual(Math.min(enough, buffer.end - at));
    chunks.push(...read);
    at += length;
  }
  return Buffer.concat(chunks);
}

type Step =
  | { readonly do: 'append'; readonly length: number }
  | { readonly do: 'release'; readonly part: number }
  | { readonly do: 'read'; readonly part: number; readonly enough: number };

const length = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 3000 }),
  fc.constantFrom(1023, 1024, 1025, 16_383, 16_384, 16_385, 70_000),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), length }) },
  fc.record({ do: fc.constant('release' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    do: fc.constant('read' as const),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    enough: fc.integer({ min: 1, max: 100_000 }),
  }),
);

describe('ReplayBuffer', () => {
  it('has every byte that was not released, at its position, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 0, max: 1000 }), (steps, first) => {
        const buffer = new ReplayBuffer(first);
        let [start, end] = [first, first];
        const positionAt = (part: number): number => start + Math.round(part * (end - start));
        for (const one of steps) {
          if (one.do === 'append') {
            buffer.append(bytesFrom(end, one.length));
            end += one.length;
          } else if (one.do === 'release') {
            start = positionAt(one.part);
            buffer.release(start);
          } else {
            const from = positionAt(one.part);
            expect(readAll(buffer, from, one.enough).equals(bytesFrom(from, end - from))).toBe(true);
          }
          expect(buffer).toMatchObject({ start, end, length: end - start });
        }
        expect(readAll(buffer, start, 1000).equals(bytesFrom(start, end - start))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('gives views that stay as they are when more is appended and released', () => {
    const buffer = new ReplayBuffer();
    buffer.append(bytesFrom(0, 100));
    const [view] = buffer.read(0, 100);
    buffer.append(bytesFrom(100, 500));
    buffer.release(600);
    buffer.append(Buffer.alloc(600, 255));
    expect(Buffer.from(view ?? [])).toEqual(bytesFrom(0, 100));
  });

  it('does not mind that the memory of small pieces is used again', () => {
    const buffer = new ReplayBuffer();
    const memory = bytesFrom(0, 100);
    buffer.append(memory);
    memory.fill(255);
    expect(readAll(buffer, 0, 1)).toEqual(bytesFrom(0, 100));
  });

  it('keeps large pieces by reference, and small ones in few', () => {
    const buffer = new ReplayBuffer();
    const large = bytesFrom(0, 20_000);
    buffer.append(large);
    for (let i = 0; i < 1000; i += 1) {
      buffer.append(bytesFrom(20_000 + i, 1));
    }
    buffer.append(large);
    const pieces = buffer.read(0, Infinity);
    expect(pieces[0]?.buffer).toBe(large.buffer);
    expect(pieces).toHaveLength(3);
  });

  it('reads no piece more than is enough', () => {
    const buffer = new ReplayBuffer();
    for (const position of [0, 5000, 10_000]) {
      buffer.append(bytesFrom(position, 5000));
    }
    const lengths = [1, 4999, 5000, 5001, 10_000].map((enough) => buffer.read(0, enough).length);
    expect(lengths).toEqual([1, 1, 1, 2, 2]);
  });

  it('keeps hardly more memory than bytes, and none when it is empty', () => {
    const buffer = new ReplayBuffer();
    const memory = (): number => {
      const slabs = new Set(buffer.read(buffer.start, Infinity).map((piece) => piece.buffer));
      return [...slabs].reduce((sum, { byteLength }) => sum + byteLength, 0);
    };
    for (let i = 0; i < 10_000; i += 1) {
      buffer.append(bytesFrom(buffer.end, 1 + (i % 100)));
    }
    expect(memory()).toBeLessThan(buffer.length + 2 * 65_536);
    buffer.release(buffer.end);
    expect(memory()).toBe(0);
    buffer.append(bytesFrom(buffer.end, 10));
    expect(memory()).toBe(1024);
  });

  it('lets go of the memory of each large piece as soon as that is released', async () => {
    const buffer = new ReplayBuffer();
    const pieces = Array.from({ length: 10 }, () => {
      const piece = new Uint8Array(5000);
      buffer.append(piece);
      return new WeakRef(piece);
    });
    buffer.release(45_001);
    expect(await stillAlive(pieces)).toBe(1);
    expect(buffer.length).toBe(4999);
  });

  it('finds its place in no time, however much has been released', () => {
    const buffer = new ReplayBuffer();
    for (let i = 0; i < 20_000; i += 1) {
      buffer.append(Buffer.alloc(16_385));
      if (buffer.length > 100 * 16_385) {
        buffer.release(buffer.start + 16_385);
      }
    }
    expect(buffer.length).toBe(100 * 16_385);
    expect(buffer.read(buffer.end - 1, 1)).toEqual([Buffer.alloc(1)]);
  });
});
