import { WindowGrowth } from '../../src/flow/window-growth.js';
import { WindowLoans } from '../../src/flow/window-loans.js';
import { WindowMemory } from '../../src/flow/window-memory.js';

const MS = 10;

/** A clock that the test sets, in ms. */
function start(): { clock: { ms: number; now(): number }; growth: WindowGrowth } {
  const clock = { ms: 1_234_567.89, now: () => clock.ms };
  return { clock, growth: new WindowGrowth(new WindowLoans(new WindowMemory(0, 0), clock), clock) };
}

describe('WindowGrowth', () => {
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

  describe('the factor', () => {
    /** A sender whose window was used up goes on after as many ms: the factor from then on. */
    function after(growth: WindowGrowth, clock: { ms: number }, ms: number, mayGrow = true): number {
      clock.ms += ms;
      growth.usedUp(ms * MS, mayGrow);
      return growth.factor;
    }

    it('is one at first', () => {
      expect(start().growth.factor).toBe(1);
    });

    it('is doubled by each wait of a round trip: the shortest, up to twice that', () => {
      const { clock, growth } = start();
      expect([40, 79.9, 41].map((ms) => after(growth, clock, ms))).toEqual([2, 4, 8]);
      expect(after(growth, clock, 80)).toBe(8);
    });

    it('is halved by each wait of four round trips and more, down to one', () => {
      const { clock, growth } = start();
      expect([40, 40].map((ms) => after(growth, clock, ms))).toEqual([2, 4]);
      expect([159.9, 160, 1000, 1000].map((ms) => after(growth, clock, ms))).toEqual([4, 2, 1, 1]);
    });

    it('is not doubled by who may not grow, but halved', () => {
      const { clock, growth } = start();
      expect(after(growth, clock, 40, false)).toBe(1);
      expect(after(growth, clock, 40)).toBe(2);
      expect(after(growth, clock, 160, false)).toBe(1);
    });

    it('is not doubled by waits of less than five milliseconds', () => {
      const [quick, slow] = [start(), start()];
      expect(after(quick.growth, quick.clock, 4.9)).toBe(1);
      expect(after(slow.growth, slow.clock, 5)).toBe(2);
    });

    it('is halved, and not doubled any more, when the way has turned out to be shorter than that', () => {
      const { clock, growth } = start();
      expect([8, 8, 8].map((ms) => after(growth, clock, ms))).toEqual([2, 4, 8]);
      expect([4.9, 8, 8, 8, 8].map((ms) => after(growth, clock, ms))).toEqual([4, 2, 1, 1, 1]);
    });

    it('is not changed again before the change can have had an effect', () => {
      const { clock, growth } = start();
      expect(after(growth, clock, 40)).toBe(2);
      clock.ms += 39;
      growth.usedUp(40 * MS, true);
      expect(growth.factor).toBe(2);
      clock.ms += 1;
      growth.usedUp(40 * MS, true);
      expect(growth.factor).toBe(4);
    });

    it('knows the shortest way from any first byte', () => {
      const { clock, growth } = start();
      growth.sawRoundTrip(10 * MS);
      growth.sawRoundTrip(500 * MS);
      expect(after(growth, clock, 20)).toBe(1);
      expect(after(growth, clock, 19)).toBe(2);
    });

    it('does not take a clock that was put back for a short way', () => {
      const { clock, growth } = start();
      after(growth, clock, 40);
      growth.sawRoundTrip(-1);
      expect(after(growth, clock, 40)).toBe(4);
    });

    it('has an end', () => {
      const { clock, growth } = start();
      for (let i = 0; i < 100; i += 1) {
        after(growth, clock, 40);
      }
      expect(growth.factor).toBe(2 ** 24);
    });
  });

  describe('who is alone', () => {
    const [one, other] = [{}, {}];

    it('is whose window was used up twice, and nobody else’s between', () => {
      const { growth } = start();
      expect(growth.isAlone(one)).toBe(false);
      growth.usedUpBy(one);
      expect(growth.isAlone(one)).toBe(false);
      growth.usedUpBy(one);
      expect(growth.isAlone(one)).toBe(true);
      expect(growth.isAlone(other)).toBe(false);
      growth.usedUpBy(other);
      expect([one, other].filter((who) => growth.isAlone(who))).toEqual([]);
      growth.usedUpBy(one);
      expect([one, other].filter((who) => growth.isAlone(who))).toEqual([]);
    });

    it('is nobody when that one is gone, and the same when another is', () => {
      const { growth } = start();
      growth.usedUpBy(one);
      growth.usedUpBy(one);
      growth.forget(other);
      expect(growth.isAlone(one)).toBe(true);
      growth.forget(one);
      expect(growth.isAlone(one)).toBe(false);
      growth.usedUpBy(one);
      expect(growth.isAlone(one)).toBe(false);
    });
  });

  describe('a short time', () => {
    it('is half of the way there and back, or less', () => {
      const { growth } = start();
      growth.sawRoundTrip(40 * MS);
      expect(growth.isShort(20 * MS)).toBe(true);
      expect(growth.isShort(20 * MS + 1)).toBe(false);
    });

    it('is any, while the way is not known', () => {
      expect(start().growth.isShort(1e9)).toBe(true);
    });
  });
});
