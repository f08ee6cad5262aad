import fc from 'fast-check';
import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { WindowGrowth } from '../../src/flow/window-growth.js';
import { WindowLoans } from '../../src/flow/window-loans.js';
import { LEAST_FIRST_WINDOW, WindowMemory } from '../../src/flow/window-memory.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe('ReceiveWindow', () => {
  describe('that may grow', () => {
    it('never lets more bytes in than the least first window and the budgets that it shares with others, and gives back all', () => {
      const sizes = fc.array(
        fc.record({
          first: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2040, max: 9000 })),
          max: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 40_000 })),
        }),
        { minLength: 1, maxLength: 3 },
      );
      const step = fc.record({
        which: fc.nat(2),
        what: fc.constantFrom('round', 'round', 'round', 'arrive', 'consume', 'grant', 'release'),
        share: fc.oneof(fc.constant(1), fraction),
        time: fc.constantFrom(0, 0, 20, 20, 30, 90, 200),
      });
      fc.assert(
        fc.property(
          sizes,
          fc.oneof(fc.nat(600), fc.nat(20_000)),
          fc.oneof(fc.nat(600), fc.nat(20_000)),
          fc.array(step, { maxLength: 150, size: 'max' }),
          (given, forFirst, budget, steps) => {
            const clock = { ms: 0, now: () => clock.ms };
            const memory = new WindowMemory(forFirst, budget);
            const growth = new WindowGrowth(new WindowLoans(memory, clock), clock);
            const make = ({ first, max }: { first: number; max: number }): ReceiveWindow =>
              new ReceiveWindow(first, max, growth);
            const windows = given.map((bounds) => ({ bounds, window: make(bounds) }));
            for (const { which, what, share, time } of steps) {
              clock.ms += time;
              const one = windows[which % windows.length];
              if (one === undefined) {
                continue;
              }
              const { bounds, window } = one;
              if (what === 'release') {
                window.release();
                one.window = make(bounds);
                continue;
              }
              if (what === 'arrive' || what === 'round') {
                window.received(Math.ceil(window.remaining * share));
              }
              if (what === 'consume' || what === 'round') {
                window.consumed(Math.ceil(window.unconsumed * share));
              }
              if ((what === 'grant' || what === 'round') && window.isGrantDue) {
                const before = window.remaining;
                const isRight =
                  window.grant() === window.remaining && window.remaining > before && !window.isGrantDue;
                expect(isRight).toBe(true);
              }
              const isInBounds =
                window.size >= Math.min(bounds.first, LEAST_FIRST_WINDOW) &&
                window.size <= Math.max(bounds.first, bounds.max);
              expect(isInBounds).toBe(true);
              let [beyond, used] = [0, 0];
              for (const { bounds, window } of windows) {
                const promised = window.remaining + window.unconsumed;
                beyond += Math.max(0, promised - bounds.first);
                used += Math.max(0, promised - Math.min(bounds.first, LEAST_FIRST_WINDOW));
              }
              expect(beyond).toBeLessThanOrEqual(budget);
              expect(used).toBeLessThanOrEqual(memory.used);
              expect(memory.used).toBeLessThanOrEqual(forFirst + budget);
            }
            for (const { window } of windows) {
              window.release();
            }
            expect(memory.used).toBe(0);
          },
        ),
        { numRuns: 300 },
      );
    });
  });
});
