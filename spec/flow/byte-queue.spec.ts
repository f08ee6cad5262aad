import fc from 'fast-check';
import { ByteQueue } from '../../src/flow/byte-queue.js';

/** A stream of bytes in which every byte tells its place, and the places of its neighbours. */
const PERIOD = 251;
const STREAM = Buffer.alloc(PERIOD + 200_000);
for (let i = 0; i < STREAM.length; i += 1) {
  STREAM[i] = i % PERIOD;
}
const streamAt = (position: number, length: number): Buffer =>
  STREAM.subarray(position % PERIOD, (position % PERIOD) + length);

const takeAll = (queue: ByteQueue): Buffer[] => {
  const pieces: Buffer[] = [];
  while (queue.length > 0) {
    pieces.push(queue.take(Infinity));
  }
  return pieces;
};

describe('ByteQueue', () => {
  it('is empty at first, and gives nothing then', () => {
    const queue = new ByteQueue();
    expect(queue.length).toBe(0);
    expect(queue.take(10)).toHaveLength(0);
    expect(queue.length).toBe(0);
  });

  it('copies few bytes that have to wait, also where they are alone, and joins them with what comes', () => {
    const queue = new ByteQueue();
    const chunk = Buffer.alloc(65_536, 'x');
    queue.pushWaiting(chunk.subarray(0, 0));
    queue.pushWaiting(chunk.subarray(0, 1));
    queue.push(chunk.subarray(0, 2));
    queue.pushWaiting(chunk.subarray(0, 3));
    expect(queue.length).toBe(6);
    const [piece, ...others] = takeAll(queue);
    expect([String(piece), others]).toEqual(['xxxxxx', []]);
    expect(piece?.buffer.byteLength).toBe(1024);
    queue.pushWaiting(chunk);
    expect(queue.take(Infinity)).toBe(chunk);
  });

  it('takes no notice of empty chunks', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.alloc(0));
    expect(queue.length).toBe(0);
    queue.push(Buffer.from('a'));
    queue.push(Buffer.alloc(0));
    queue.push(Buffer.from('b'));
    expect(queue.length).toBe(2);
    expect(queue.take(Infinity).toString()).toBe('ab');
  });

  it.each([10, 10_000])('drops all where the next bytes are gone with their memory: %i of them', (size) => {
    const queue = new ByteQueue();
    const chunk = Buffer.from(new Uint8Array(size).buffer);
    queue.push(chunk);
    structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
    queue.push(Buffer.from('more'));
    expect(queue.length).toBe(size + 4);
    expect(queue.take(Infinity)).toHaveLength(0);
    expect(queue.length).toBe(0);
    queue.push(Buffer.from('anew'));
    expect(String(queue.take(Infinity))).toBe('anew');
  });

  it('gives back, in order, the bytes that were pushed', () => {
    const bytes = fc.oneof(
      fc.constantFrom(0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 70_000),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 70_000 }),
    );
    const max = fc.oneof(
      fc.constantFrom(1, 4096, 65_536, Infinity),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 80_000 }),
    );
    const step = fc.oneof(
      { weight: 10, arbitrary: fc.record({ push: bytes, waits: fc.boolean() }) },
      { weight: 9, arbitrary: fc.record({ take: max }) },
      { weight: 1, arbitrary: fc.constant('clear' as const) },
    );
    const before = Buffer.from(STREAM);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new ByteQueue();
        const taken: [position: number, piece: Buffer][] = [];
        let read = 0;
        let written = 0;
        for (const given of steps) {
          if (given === 'clear') {
            expect(queue.clear()).toBe(written - read);
            read = written;
          } else if ('push' in given) {
            const chunk = streamAt(written, given.push);
            if (given.waits) {
              queue.pushWaiting(chunk);
            } else {
              queue.push(chunk);
            }
            written += given.push;
          } else {
            const piece = queue.take(given.take);
            expect(piece.length).toBeGreaterThanOrEqual(Math.min(1, written - read));
            expect(piece.length).toBeLessThanOrEqual(given.take);
            taken.push([read, piece]);
            read += piece.length;
          }
          expect(queue.length).toBe(written - read);
        }
        for (const piece of takeAll(queue)) {
          taken.push([read, piece]);
          read += piece.length;
        }
        expect(read).toBe(written);
        // Looked at last, since later pushes must not write into what was taken before.
        for (const [position, piece] of taken) {
          expect(piece.equals(streamAt(position, piece.length))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(STREAM.equals(before)).toBe(true);
  });

  it('gives what was put back before all else, and keeps no more memory for it than a third more', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 9000 }));
    const step = fc.oneof(
      fc.record({ push: size }),
      fc.record({ view: size }),
      fc.record({ take: size, back: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const queue = new ByteQueue();
        let read = 0;
        let written = 0;
        for (const given of steps) {
          if ('take' in given) {
            const piece = queue.take(given.take);
            expect(piece.equals(streamAt(read, piece.length))).toBe(true);
            const rest = piece.subarray(Math.floor(piece.length * given.back));
            read += piece.length - rest.length;
            if (rest.length > 0) {
              queue.putBack(rest);
            }
          } else if ('push' in given) {
            queue.push(Buffer.from(streamAt(written, given.push)));
            written += given.push;
          } else {
            queue.pushView(streamAt(written, given.view));
            written += given.view;
          }
          expect(queue.length).toBe(written - read);
        }
        for (const piece of takeAll(queue)) {
          expect(piece.equals(streamAt(read, piece.length))).toBe(true);
          read += piece.length;
        }
        expect(read).toBe(written);
      }),
      { numRuns: 300 },
    );
    const queue = new ByteQueue();
    queue.putBack(Buffer.alloc(100_000).subarray(10, 20));
    expect(queue.take(Infinity).buffer.byteLength).toBe(10);
  });

  it('gives what is queued in one piece where it was pushed in small ones', () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 1000; i += 1) {
      queue.push(streamAt(i * 10, 10));
    }
    const piece = queue.take(Infinity);
    expect(piece.equals(streamAt(0, 10_000))).toBe(true);
    expect(queue.length).toBe(0);
  });

  it('gathers small pieces behind a large one, too', () => {
    const queue = new ByteQueue();
    queue.push(streamAt(0, 5000));
    queue.push(streamAt(5000, 10));
    queue.push(streamAt(5010, 10));
    expect(takeAll(queue).map((piece) => piece.length)).toEqual([5000, 20]);
  });

  it('keeps the order of small pieces before and behind a large one', () => {
    const queue = new ByteQueue();
    for (const chunk of ['a', 'b', 'X'.repeat(5000), 'c', 'd']) {
      queue.push(Buffer.from(chunk));
    }
    expect(takeAll(queue).map(String)).toEqual(['ab', 'X'.repeat(5000), 'cd']);
  });

  it('gives what was gathered in pieces of 15 to 64 KiB', () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 500; i += 1) {
      queue.push(streamAt(i * 1000, 1000));
    }
    const pieces = takeAll(queue);
    for (const piece of pieces.slice(0, -1)) {
      expect(piece.length).toBeGreaterThanOrEqual(15 * 1024);
      expect(piece.length).toBeLessThanOrEqual(64 * 1024);
    }
  });

  it('does not copy a chunk of more than 4096 bytes', () => {
    const queue = new ByteQueue();
    const large = Buffer.alloc(4097);
    queue.push(Buffer.from('small'));
    queue.push(large);
    queue.push(Buffer.from('small'));
    expect(queue.take(Infinity).toString()).toBe('small');
    expect(queue.take(Infinity)).toBe(large);
  });

  it('gives a large chunk in parts without copying it', () => {
    const queue = new ByteQueue();
    const large = Buffer.alloc(10_000);
    queue.push(large);
    for (const offset of [0, 3000, 6000, 9000]) {
      const part = queue.take(3000);
      expect(part.buffer).toBe(large.buffer);
      expect(part.byteOffset).toBe(large.byteOffset + offset);
      expect(part).toHaveLength(Math.min(3000, 10_000 - offset));
    }
    expect(queue.length).toBe(0);
  });

  it('does not copy a small chunk that is alone', () => {
    const queue = new ByteQueue();
    const small = Buffer.from('small');
    queue.push(small);
    expect(queue.take(Infinity)).toBe(small);
  });

  it('joins a small chunk with the next where a part of it has been taken', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abcd'));
    expect(queue.take(2).toString()).toBe('ab');
    queue.push(Buffer.from('ef'));
    expect(queue.take(Infinity).toString()).toBe('cdef');
  });

  it('holds no memory of others for small chunks that it has gathered', () => {
    const slab = Buffer.alloc(100_000);
    const queue = new ByteQueue();
    queue.push(slab.subarray(0, 5));
    queue.push(slab.subarray(5, 10));
    expect(queue.take(Infinity).buffer).not.toBe(slab.buffer);
  });

  it('takes at most four times the memory of single bytes, from what Buffer shares on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20_000 }), (bytes) => {
        const queue = new ByteQueue();
        for (let i = 0; i < bytes; i += 1) {
          queue.push(streamAt(i, 1));
        }
        const memory = takeAll(queue).reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
        expect(memory).toBeLessThanOrEqual(Math.max(Buffer.poolSize, 4 * bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('keeps no more memory than a third more than the bytes that are views of something larger', () => {
    const piece = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 9000 }),
      fc.constantFrom(2048, 4096, 4097, 6144),
    );
    const times = fc.constantFrom(1, 1, 10, 300);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ piece, times, more: fc.double({ min: 1, max: 4, noNaN: true }) }) },
      { weight: 1, arbitrary: fc.constant('take' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const queue = new ByteQueue();
        for (const given of steps) {
          if (given === 'take') {
            queue.take(Infinity);
            continue;
          }
          for (let i = 0; i < given.times; i += 1) {
            queue.pushView(Buffer.alloc(Math.ceil(given.piece * given.more)).subarray(0, given.piece));
          }
        }
        const waiting = queue.length;
        const memory = new Set(takeAll(queue).map(({ buffer }) => buffer));
        const kept = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
        expect(kept).toBeLessThanOrEqual(Math.ceil((4 * waiting) / 3) + 128);
      }),
      { numRuns: 200 },
    );
  });

  it.each([1, 3, 7, 64, 1000])('keeps no more than a window full of pieces of %d bytes', (size) => {
    for (const window of [2048, 40_960, 65_536]) {
      const queue = new ByteQueue();
      for (let left = window; left > 0; left -= size) {
        queue.pushView(streamAt(0, Math.min(size, left)));
      }
      expect(takeAll(queue).map(({ buffer }) => buffer.byteLength)).toEqual([window]);
    }
  });

  it('copies a small view, be it all of its memory or alone', () => {
    const queue = new ByteQueue();
    const small = Buffer.alloc(100, 1);
    queue.pushView(small);
    const taken = queue.take(Infinity);
    expect(taken).toEqual(small);
    expect(taken.buffer).not.toBe(small.buffer);
  });

  it('keeps a large view that is most of its memory as it is', () => {
    const queue = new ByteQueue();
    const large = Buffer.alloc(5000).subarray(100);
    queue.pushView(large);
    expect(queue.take(Infinity)).toBe(large);
  });

  it('keeps no memory of what has been taken when it makes room for more', () => {
    const queue = new ByteQueue();
    let read = 0;
    let written = 0;
    // Never empty, and never with more than 2000 bytes in it.
    for (let i = 0; i < 1000; i += 1) {
      queue.push(streamAt(written, 1000));
      written += 1000;
      if (queue.length >= 2000) {
        const piece = queue.take(1000);
        expect(piece.equals(streamAt(read, piece.length))).toBe(true);
        expect(piece.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
        read += piece.length;
      }
    }
    expect(queue.length).toBe(written - read);
  });

  it('keeps its order over thousands of large chunks', () => {
    const queue = new ByteQueue();
    const chunks = Array.from({ length: 2000 }, () => Buffer.alloc(4097));
    let next = 0;
    for (const [i, chunk] of chunks.entries()) {
      queue.push(chunk);
      if (i % 3 > 0) {
        expect(queue.take(Infinity)).toBe(chunks[next]);
        next += 1;
      }
    }
    while (queue.length > 0) {
      expect(queue.take(Infinity)).toBe(chunks[next]);
      next += 1;
    }
    expect(next).toBe(chunks.length);
  });

  it('says how much it drops when it is cleared, and can be used again', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.alloc(5000));
    queue.push(Buffer.from('ab'));
    queue.push(Buffer.from('cd'));
    expect(queue.clear()).toBe(5004);
    expect(queue.length).toBe(0);
    expect(queue.clear()).toBe(0);
    queue.push(Buffer.from('again'));
    expect(queue.take(Infinity).toString()).toBe('again');
  });

  it('shares nothing with other queues', () => {
    const [one, other] = [new ByteQueue(), new ByteQueue()];
    one.push(Buffer.from('one'));
    expect(other.length).toBe(0);
    expect(other.take(Infinity)).toHaveLength(0);
    expect(one.take(Infinity).toString()).toBe('one');
  });
});
