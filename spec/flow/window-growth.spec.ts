import { WindowGrowth } from '../../src/flow/window-growth.js';

const MS = 10;

/** A clock that the test sets, in ms. */
function start(budget = 0): { clock: { ms: number; now(): number }; growth: WindowGrowth } {
  const clock = { ms: 1_234_567.89, now: () => clock.ms };
  return { clock, growth: new WindowGrowth(budget, clock) };
}

describe('WindowGrowth', () => {
  describe('the budget', () => {
    it('gives what is wanted while there is some', () => {
      const { growth } = start(100);
      expect(growth.take(60)).toBe(60);
      expect(growth.take(0)).toBe(0);
      expect(growth.take(60)).toBe(40);
      expect(growth.take(60)).toBe(0);
    });

    it('gives what has been put back', () => {
      const { growth } = start(100);
      growth.take(100);
      growth.giveBack(30);
      expect(growth.take(100)).toBe(30);
    });

    it('may be nothing', () => {
      expect(start(0).growth.take(1)).toBe(0);
    });
  });

  describe('the time', () => {
    it('is counted in tenths of a millisecond since the beginning', () => {
      const { clock, growth } = start();
      expect(growth.now()).toBe(0);
      clock.ms += 1.26;
      expect(growth.now()).toBe(13);
      clock.ms += 1000;
      expect(growth.now()).toBe(10_013);
    });
  });

  describe('a wait', () => {
    it('is for the way there and back, while there was none shorter', () => {
      const { growth } = start();
      expect(growth.waited(50 * MS)).toBe('way');
      expect(growth.waited(40 * MS)).toBe('way');
      expect(growth.waited(40 * MS)).toBe('way');
    });

    it('of up to twice the shortest is for the way, of four times it in a queue, between the two anything', () => {
      const { growth } = start();
      growth.waited(40 * MS);
      expect(growth.waited(80 * MS - 1)).toBe('way');
      expect(growth.waited(80 * MS)).toBe('unclear');
      expect(growth.waited(160 * MS - 1)).toBe('unclear');
      expect(growth.waited(160 * MS)).toBe('queue');
      expect(growth.waited(Infinity)).toBe('queue');
    });

    it('of less than a millisecond is no reason for anything', () => {
      const { growth } = start();
      expect(growth.waited(MS - 1)).toBe('unclear');
      expect(growth.waited(MS)).toBe('way');
    });

    it('of no time at all leaves all others long', () => {
      const { growth } = start();
      growth.waited(0);
      expect(growth.waited(5 * MS)).toBe('queue');
    });

    it('of less than no time, as of a clock that was put back, does not count', () => {
      const { growth } = start();
      growth.waited(40 * MS);
      expect(growth.waited(-1)).toBe('unclear');
      expect(growth.waited(40 * MS)).toBe('way');
    });
  });

  describe('a short time', () => {
    it('is half of the way there and back, or less', () => {
      const { growth } = start();
      growth.waited(40 * MS);
      expect(growth.isShort(20 * MS)).toBe(true);
      expect(growth.isShort(20 * MS + 1)).toBe(false);
    });

    it('is any, while the way is not known', () => {
      expect(start().growth.isShort(1e9)).toBe(true);
    });
  });
});
