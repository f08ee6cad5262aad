import fc from 'fast-check';
import { WindowMemory } from '../../src/flow/window-memory.js';

const FIRST = 16_000_000;
const GROWTH = 32_000_000;

describe('WindowMemory', () => {
  it.each([
    { weight: 1_000_000, used: 0, share: 891_649 },
    { weight: 1_000_000, used: FIRST / 2, share: 235_498 },
    { weight: 1_000_000, used: (3 * FIRST) / 4, share: 60_619 },
    { weight: 1_000_000, used: (15 * FIRST) / 16, share: 3876 },
    { weight: 1_000_000, used: FIRST, share: 0 },
    { weight: 1000, used: 0, share: 999 },
    { weight: 0, used: 0, share: 0 },
  ])('gives $share bytes by a weight of $weight where $used are used', ({ weight, used, share }) => {
    const memory = new WindowMemory(FIRST, 0);
    memory.takeFirst(used);
    expect(memory.shareOfFirst(weight)).toBe(share);
    expect(memory.shareOfBoth(weight, 0)).toBe(share);
  });

  it('gives as much as the weight times the square of what is left then', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.nat(FIRST), (weight, used) => {
        const memory = new WindowMemory(FIRST, 0);
        memory.takeFirst(used);
        const share = memory.shareOfFirst(weight);
        const left = (FIRST - used - share) / FIRST;
        const next = (FIRST - used - share - 1) / FIRST;
        expect(share).toBeLessThanOrEqual(weight * left * left);
        expect(share + 1).toBeGreaterThan(weight * next * next);
      }),
    );
  });

  it('gives as much to who wants no more than so much, up to that', () => {
    const bytes = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 2 ** 31 });
    fc.assert(
      fc.property(bytes(), fc.nat(FIRST), fc.oneof(bytes(), fc.constant(0)), (weight, used, wanted) => {
        const memory = new WindowMemory(FIRST, 0);
        memory.takeFirst(used);
        const share = Math.min(wanted, memory.shareOfFirst(weight));
        expect(memory.shareOfFirst(weight, wanted)).toBe(share);
        expect(memory.shareOfBoth(weight, 0, wanted)).toBe(share);
      }),
    );
  });

  it('gives the same share to who has a part of it already', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.nat(GROWTH), (weight, used) => {
        const memory = new WindowMemory(FIRST, GROWTH);
        memory.take(used);
        const share = memory.shareOfBoth(weight, 0);
        memory.take(share);
        expect(memory.shareOfBoth(weight, share)).toBe(share);
      }),
    );
  });

  it('has nothing where there is none', () => {
    const memory = new WindowMemory(0, 0);
    expect([memory.shareOfFirst(1e9), memory.shareOfBoth(1e9, 0), memory.shareOfGrowth(0)]).toEqual([
      0, 0, 0,
    ]);
  });

  it('gives no more for growth beyond highWaterMark than is left then', () => {
    const memory = new WindowMemory(FIRST, 1000);
    expect(memory.shareOfGrowth(0)).toBe(500);
    memory.take(500);
    expect(memory.shareOfGrowth(500)).toBe(500);
    expect(memory.shareOfGrowth(0)).toBe(250);
    memory.take(250);
    expect(memory.shareOfGrowth(500)).toBe(375); // it is to give something back
  });

  it('takes from the budget for growth, and what that does not have from the one for first windows', () => {
    const memory = new WindowMemory(100, 1000);
    expect(memory.take(700)).toBe(0);
    expect(memory.take(100)).toBe(50); // a quarter of the budget is kept for loans
    expect(memory.used).toBe(800);
    memory.giveBack(50, 100);
    expect(memory.shareOfGrowth(0)).toBe(175);
    expect(memory.used).toBe(650);
  });

  it('lends a quarter of the budget for growth, and not what has been taken of it', () => {
    const memory = new WindowMemory(0, 1000);
    expect([memory.mayLend(250), memory.mayLend(251)]).toEqual([true, false]);
    expect([memory.lend(200), memory.lend(51), memory.lend(50), memory.lend(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(memory.used).toBe(250);
    memory.giveBackLent(250);
    memory.takeGrowth(900);
    expect([memory.lend(101), memory.lend(100)]).toEqual([false, true]);
    expect(memory.used).toBe(1000);
  });

  it('has the same share for windows whatever is lent', () => {
    const memory = new WindowMemory(1000, 1000);
    const share = memory.shareOfBoth(1e9, 0);
    expect(share).toBeGreaterThan(1700);
    memory.lend(250);
    expect(memory.shareOfBoth(1e9, 0)).toBe(share);
  });
});
