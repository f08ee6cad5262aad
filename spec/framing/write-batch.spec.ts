import fc from 'fast-check';
import { WriteBatch } from '../../src/framing/write-batch.js';

/** Bytes of the memory that batches share. */
const SLAB = 32_768;

/** Bytes that tell one piece from another. */
function bytesOf(size: number, piece: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i += 1) {
    bytes[i] = (piece * 31 + i * 7 + (i >> 8)) & 0xff;
  }
  return bytes;
}

/** Adds a piece by writing it to where there is room for it. */
function write(batch: WriteBatch, bytes: Buffer): void {
  const at = batch.reserve(bytes.length);
  batch.memory.set(bytes, at);
}

const taken = (batch: WriteBatch): string => Buffer.concat(batch.take()).toString();

/** A batch as simple as can be, next to the one that is tested. */
class Pair {
  readonly batch = new WriteBatch();
  /** What must come out: pieces in their order. */
  #expected: Buffer[] = [];
  /** Pieces that there is room for, and that are not written yet. */
  #unwritten: (() => void)[] = [];

  reserve(bytes: Buffer, when: 'now' | 'later'): void {
    const at = this.batch.reserve(bytes.length);
    const { memory } = this.batch;
    this.#expected.push(bytes);
    this.#unwritten.push(() => {
      memory.set(bytes, at);
    });
    if (when === 'now') {
      this.#write();
    }
  }

  append(bytes: Buffer): void {
    this.batch.append(bytes);
    this.#expected.push(bytes);
  }

  /** What came out, and what was to. */
  take(): { chunks: Buffer[]; expected: Buffer } {
    this.#write();
    const expected = Buffer.concat(this.#expected.splice(0));
    expect(this.batch.length).toBe(expected.length);
    const chunks = this.batch.take();
    expect(this.batch.length).toBe(0);
    return { chunks, expected };
  }

  #write(): void {
    for (const write of this.#unwritten.splice(0)) {
      write();
    }
  }
}

describe('WriteBatch', () => {
  // The first test, while there is no shared memory yet.
  it('may begin with a piece that is larger than the memory which batches share', () => {
    const batch = new WriteBatch();
    const large = bytesOf(SLAB + 1, 1);
    write(batch, large);
    write(batch, Buffer.from('small'));
    expect(Buffer.concat(batch.take())).toEqual(Buffer.concat([large, Buffer.from('small')]));
  });

  it('counts the bytes in it', () => {
    const batch = new WriteBatch();
    expect(batch.length).toBe(0);
    write(batch, Buffer.from('abc'));
    expect(batch.length).toBe(3);
    batch.append(Buffer.from('de'));
    expect(batch.length).toBe(5);
    batch.take();
    expect(batch.length).toBe(0);
  });

  it('is empty when it has been taken, and begins anew', () => {
    const batch = new WriteBatch();
    expect(batch.take()).toEqual([]);
    write(batch, Buffer.from('once'));
    expect(taken(batch)).toBe('once');
    expect(batch.take()).toEqual([]);
    write(batch, Buffer.from('more'));
    expect(taken(batch)).toBe('more');
  });

  it('joins pieces that are written', () => {
    const batch = new WriteBatch();
    for (const text of ['one, ', 'two, ', 'three']) {
      write(batch, Buffer.from(text));
    }
    expect(batch.take()).toEqual([Buffer.from('one, two, three')]);
  });

  it('keeps a piece by reference that is appended, in its place', () => {
    const batch = new WriteBatch();
    const large = Buffer.from('large');
    write(batch, Buffer.from('before'));
    batch.append(large);
    write(batch, Buffer.from('be'));
    write(batch, Buffer.from('hind'));
    const chunks = batch.take();
    expect(chunks.map(String)).toEqual(['before', 'large', 'behind']);
    expect(chunks[1]).toBe(large);
  });

  it('joins what fills the memory to its last byte', () => {
    const batch = new WriteBatch();
    write(batch, bytesOf(SLAB, 1)); // so that what follows begins with fresh memory
    batch.take();
    const pieces = [bytesOf(SLAB - 10, 2), bytesOf(9, 3), bytesOf(1, 4)];
    for (const piece of pieces) {
      write(batch, piece);
    }
    write(batch, Buffer.from('next'));
    expect(batch.take()).toEqual([Buffer.concat(pieces), Buffer.from('next')]);
  });

  it('writes a piece in one, where there is not enough memory left for it', () => {
    const batch = new WriteBatch();
    write(batch, bytesOf(SLAB, 1));
    batch.take();
    const pieces = [bytesOf(SLAB - 10, 2), bytesOf(11, 3)];
    for (const piece of pieces) {
      write(batch, piece);
    }
    expect(batch.take()).toEqual(pieces);
  });

  it('gives a piece memory of its own that is larger than what batches share, and goes on with that', () => {
    const batch = new WriteBatch();
    const large = bytesOf(SLAB + 1, 1);
    write(batch, Buffer.from('before'));
    write(batch, large);
    write(batch, Buffer.from('behind'));
    const [before, alone, behind] = batch.take();
    expect([before, alone, behind]).toEqual([Buffer.from('before'), large, Buffer.from('behind')]);
    expect(alone?.buffer.byteLength).toBe(SLAB + 1);
    expect(behind?.buffer).toBe(before?.buffer);
  });

  it('shares memory with others, so that each does not need as much', () => {
    const batches = Array.from({ length: 10 }, () => new WriteBatch());
    write(new WriteBatch(), bytesOf(SLAB, 1)); // so that what follows begins with fresh memory
    const chunks = batches.flatMap((batch) => {
      write(batch, Buffer.from('piece'));
      return batch.take();
    });
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(1);
  });

  it('owns no memory while it is empty', () => {
    const batch = new WriteBatch();
    expect(batch.memory).toHaveLength(0);
    write(batch, Buffer.from('piece'));
    batch.take();
    expect(batch.memory).toHaveLength(0);
  });

  it('shows nothing of what was in the memory before, where a piece is not written', () => {
    const batch = new WriteBatch();
    for (const size of [SLAB, SLAB + 1, 10]) {
      batch.reserve(size);
    }
    expect(Buffer.concat(batch.take())).toEqual(Buffer.alloc(2 * SLAB + 11));
  });

  it('brings forth what was put in, whatever is done to how many, and nobody writes over it later', () => {
    const size = fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 100 }) },
      { weight: 2, arbitrary: fc.integer({ min: 1000, max: SLAB }) },
      { weight: 2, arbitrary: fc.constantFrom(SLAB - 1, SLAB, SLAB + 1, 2 * SLAB) },
    );
    const step = fc.record({
      who: fc.nat(2),
      what: fc.oneof(
        { weight: 6, arbitrary: fc.constant('write' as const) },
        { weight: 3, arbitrary: fc.constant('reserve' as const) },
        { weight: 2, arbitrary: fc.constant('append' as const) },
        { weight: 2, arbitrary: fc.constant('take' as const) },
      ),
      size,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const pairs = [new Pair(), new Pair(), new Pair()];
        const outcomes: ReturnType<Pair['take']>[] = [];
        steps.forEach(({ who, what, size }, index) => {
          const pair = pairs[who] ?? new Pair();
          switch (what) {
            case 'write':
              pair.reserve(bytesOf(size, index), 'now');
              break;
            case 'reserve':
              pair.reserve(bytesOf(size, index), 'later');
              break;
            case 'append':
              pair.append(bytesOf(size, index));
              break;
            case 'take':
              outcomes.push(pair.take());
          }
        });
        outcomes.push(...pairs.map((pair) => pair.take()));
        for (const { chunks, expected } of outcomes) {
          expect(Buffer.concat(chunks).equals(expected)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
