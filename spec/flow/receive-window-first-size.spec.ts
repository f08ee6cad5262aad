import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { WindowGrowth } from '../../src/flow/window-growth.js';
import { WindowLoans } from '../../src/flow/window-loans.js';
import { LEAST_FIRST_WINDOW, WindowMemory } from '../../src/flow/window-memory.js';

describe('ReceiveWindow', () => {
  describe('that begins small', () => {
    const clock = { now: () => 0 };
    const USUAL = 65_536;

    /** A window that finds nothing left of the budget for first windows. */
    function start(growth = 33_554_432): { window: ReceiveWindow; memory: WindowMemory } {
      const memory = new WindowMemory(1000, growth);
      memory.takeFirst(1000);
      const window = new ReceiveWindow(USUAL, USUAL, new WindowGrowth(new WindowLoans(memory, clock), clock));
      return { window, memory };
    }

    /** The peer uses all its credit, and the consumer consumes it at once. Returns the grant for it. */
    const round = (window: ReceiveWindow): number => {
      window.received(window.remaining);
      window.consumed(window.unconsumed);
      return window.grant();
    };

    it('grows with what has come through it, in no time, up to its highWaterMark', () => {
      const { window } = start();
      expect(window.grant()).toBe(LEAST_FIRST_WINDOW);
      const sizes = Array.from({ length: 8 }, () => round(window));
      expect(sizes.map((size) => Math.round(size / 1024))).toEqual([4, 8, 16, 32, 64, 64, 64, 64]);
      expect(window.size).toBe(USUAL);
    });

    it('has a grant due when half of what it is has been consumed', () => {
      const { window } = start();
      window.grant();
      window.received(LEAST_FIRST_WINDOW - 1);
      window.consumed(LEAST_FIRST_WINDOW / 2 - 1);
      expect(window.isGrantDue).toBe(false);
      window.consumed(1);
      expect(window.isGrantDue).toBe(true);
    });

    it('grows where the peer has stopped at the end of its credit though a grant was on its way', () => {
      const { window } = start();
      window.grant();
      const some = (bytes: number): number => {
        window.received(bytes);
        window.consumed(bytes);
        window.grant();
        return window.size;
      };
      expect(some(1200)).toBe(LEAST_FIRST_WINDOW);
      expect(some(848)).toBeGreaterThan(LEAST_FIRST_WINDOW);
    });

    it('keeps its size where the peer has credit left, however much comes in all', () => {
      const { window } = start();
      window.grant();
      for (let i = 0; i < 1000; i += 1) {
        window.received(1001);
        window.consumed(1001);
        window.peerIsQuiet();
        window.grant();
      }
      expect(window.size).toBe(LEAST_FIRST_WINDOW);
    });

    it('keeps its size until the consumer has half of it', () => {
      const { window } = start();
      window.grant();
      window.received(LEAST_FIRST_WINDOW);
      window.consumed(1000);
      expect(window.grant()).toBe(1000);
      expect(window.size).toBe(LEAST_FIRST_WINDOW);
      window.consumed(1000);
      expect(window.grant()).toBeGreaterThan(2000);
      expect(window.size).toBeGreaterThan(LEAST_FIRST_WINDOW);
    });

    it('grows as far as memory is left', () => {
      const { window, memory } = start(20_000);
      window.grant();
      for (let i = 0; i < 100; i += 1) {
        round(window);
      }
      expect(window.size).toBeGreaterThan(10_000);
      expect(memory.used).toBeLessThan(21_000);
    });

    it('shrinks again when memory becomes scarce, but takes back nothing that it has granted', () => {
      const { window, memory } = start();
      window.grant();
      for (let i = 0; i < 8; i += 1) {
        round(window);
      }
      window.received(window.remaining / 2);
      memory.take(33_000_000); // others have come
      window.consumed(window.unconsumed);
      expect(window.isGrantDue).toBe(false);
      expect(window.remaining).toBe(USUAL / 2);
      window.grant(); // for another reason
      expect(window.remaining).toBe(USUAL / 2);
      expect(window.size).toBe(USUAL / 2);
      expect(round(window)).toBeLessThan(LEAST_FIRST_WINDOW + 1000);
    });
  });
});
