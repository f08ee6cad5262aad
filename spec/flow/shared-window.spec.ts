import fc from 'fast-check';
import { WindowLoans } from '../../src/flow/window-loans.js';
import { LEAST_FIRST_WINDOW, WindowMemory } from '../../src/flow/window-memory.js';
import { SharedWindow } from '../../src/flow/shared-window.js';

const USUAL = 65_536;
const FIRST = 16_777_216;
const GROWTH = 33_554_432;

const loansOf = (memory: WindowMemory): WindowLoans => new WindowLoans(memory, { now: () => 0 });

/** Windows that begin one after the other, and do nothing. */
const idle = (count: number, memory: WindowMemory, highWaterMark = USUAL): SharedWindow[] =>
  Array.from({ length: count }, () => new SharedWindow(highWaterMark, loansOf(memory)));

/** Uses all of it, again and again, and grows as far as it may, up to its mark. */
function use(window: SharedWindow, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    window.used(window.size);
    window.resize(Math.min(USUAL, window.limit));
  }
}

describe('SharedWindow', () => {
  it('begins with the whole mark while three quarters of the memory for it are not in use', () => {
    const memory = new WindowMemory(FIRST, GROWTH);
    const whole = idle(190, memory);
    expect(whole.every(({ size }) => size === USUAL)).toBe(true);
    expect(memory.used).toBe(190 * (USUAL - LEAST_FIRST_WINDOW));
  });

  it('begins with less and less then, and with the least in the end, of which nobody has to give back', () => {
    const memory = new WindowMemory(FIRST, GROWTH);
    const sizes = idle(1000, memory).map(({ size }) => size);
    expect(sizes.every((size, i) => i === 0 || size <= (sizes[i - 1] ?? 0))).toBe(true);
    expect(sizes.slice(600).every((size) => size === LEAST_FIRST_WINDOW)).toBe(true);
    expect(memory.used).toBeLessThan(FIRST);
    expect(memory.used).toBe(sizes.reduce((sum, size) => sum + size - LEAST_FIRST_WINDOW, 0));
  });

  it.each([1, 100, LEAST_FIRST_WINDOW])('is %d bytes where that is the mark, and takes nothing', (mark) => {
    const memory = new WindowMemory(0, 0);
    const window = new SharedWindow(mark, loansOf(memory));
    expect([window.size, window.limit, memory.used]).toEqual([mark, mark, 0]);
  });

  it.each([0, 10_000, 16_000])(
    'grows to the whole mark when it is used, beside %d others that are idle',
    (others) => {
      const memory = new WindowMemory(FIRST, GROWTH);
      idle(others, memory);
      const window = new SharedWindow(USUAL, loansOf(memory));
      use(window, 12);
      expect(window.size).toBe(USUAL);
      expect(window.limit).toBeGreaterThan(10_000_000);
    },
  );

  it('does so without memory for growth, too, where few others are there', () => {
    const memory = new WindowMemory(FIRST, 0);
    const [first] = idle(300, memory);
    const window = new SharedWindow(USUAL, loansOf(memory));
    expect(window.size).toBeLessThan(USUAL / 2);
    first?.release();
    use(window, 100);
    expect(window.size).toBeGreaterThan(10_000);
    expect(window.size).toBeLessThanOrEqual(USUAL);
  });

  it('has something left for a busy one beside ten thousand that were busy once, for 16 KiB', () => {
    const memory = new WindowMemory(FIRST, GROWTH);
    for (const window of idle(10_000, memory)) {
      use(window, 3);
    }
    const window = new SharedWindow(USUAL, loansOf(memory));
    use(window, 1000);
    expect(window.size).toBeGreaterThan(16_384);
  });

  it.each([
    { count: 100, least: USUAL },
    { count: 1000, least: 36_000 },
    { count: 10_000, least: 5500 },
  ])('is $least bytes at least, and as large as others, where $count are busy', ({ count, least }) => {
    const memory = new WindowMemory(FIRST, GROWTH);
    const windows = idle(count, memory);
    for (let round = 0; round < 200; round += 1) {
      windows.forEach((window) => {
        use(window, 1);
      });
    }
    const sizes = windows.map(({ size }) => size);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(Math.min(...sizes) * 1.1);
  });

  it('never uses more than there is, whatever windows do, and gives back all', () => {
    const step = fc.record({
      which: fc.nat(19),
      what: fc.constantFrom('use', 'use', 'grow', 'grow', 'beyond', 'shrink', 'again', 'borrow', 'pay back'),
      bytes: fc.nat(200_000),
    });
    const mark = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 300_000 }));
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.nat(1_000_000),
        fc.array(mark, { minLength: 1, maxLength: 20 }),
        fc.array(step, { maxLength: 300, size: 'max' }),
        (first, growth, marks, steps) => {
          const memory = new WindowMemory(first, growth);
          const begin = (mark: number): [number, SharedWindow] => [
            mark,
            new SharedWindow(mark, loansOf(memory)),
          ];
          const windows = marks.map(begin);
          const least = (mark: number): number => Math.min(mark, LEAST_FIRST_WINDOW);
          for (const { which, what, bytes } of steps) {
            const at = which % windows.length;
            const [mark, window] = windows[at] ?? begin(1);
            if (what === 'use') {
              window.used(bytes);
            } else if (what === 'grow' && window.size < mark) {
              window.payBack();
              window.resize(Math.max(window.size, Math.min(mark, window.limit)));
            } else if (what === 'beyond' && window.size >= mark) {
              window.payBack();
              window.resize(window.size < mark ? window.size : Math.max(window.size, window.limit));
            } else if (what === 'shrink') {
              window.payBack();
              window.resize(Math.max(least(mark), Math.min(window.size, bytes)));
            } else if (what === 'borrow') {
              window.borrow(mark);
            } else if (what === 'pay back') {
              window.payBack();
            } else if (what === 'again') {
              window.release();
              windows[at] = begin(mark);
            }
            let [used, beyond] = [0, 0];
            for (const [mark, { size }] of windows) {
              used += size - least(mark);
              beyond += Math.max(0, size - mark);
            }
            const isRight = memory.used === used && used <= first + growth && beyond <= growth;
            expect(isRight && windows.every(([mark, { size }]) => size >= least(mark))).toBe(true);
          }
          for (const [, window] of windows) {
            window.release();
          }
          expect(memory.used).toBe(0);
          expect(memory.shareOfGrowth(0)).toBe(Math.floor(growth / 2));
        },
      ),
      { numRuns: 300 },
    );
  });
});
