import { type Borrower, LoanPlace, WindowLoans } from '../../src/flow/window-loans.js';
import { WindowMemory } from '../../src/flow/window-memory.js';

/** Of which a quarter can be lent. */
const GROWTH = 400;

describe('WindowLoans', () => {
  /** Lends 100 bytes in all. */
  function start() {
    const clock = { ms: 0, now: () => clock.ms };
    const log: string[] = [];
    const loans = new WindowLoans(new WindowMemory(0, GROWTH), clock, () => log.push('somebody waits'));
    /** Wants 50 bytes. */
    const borrower = (name: string): Borrower => ({
      borrow: () => {
        const hasLoan = loans.memory.lend(50);
        if (hasLoan) {
          log.push(name);
        }
        return hasLoan;
      },
      stopWaiting: () => log.push(`${name} waits in vain`),
    });
    const wait = (...names: string[]): LoanPlace[] =>
      names.map((name) => {
        const place = new LoanPlace(borrower(name));
        loans.wait(place);
        return place;
      });
    const passes = (ms: number): void => {
      clock.ms += ms;
    };
    return { loans, log, wait, passes };
  }

  it('gives a loan at once where there is one', () => {
    const { loans, log, wait } = start();
    wait('a', 'b');
    expect(log).toEqual(['a', 'b']);
    expect(loans.check()).toBe(false);
  });

  it('gives a loan that has come back to the first who waits', () => {
    const { loans, log, wait } = start();
    wait('a', 'b', 'c', 'd', 'e');
    expect(log).toEqual(['a', 'b', 'somebody waits']);
    loans.giveBack(50);
    loans.giveBack(50);
    expect(log.slice(3)).toEqual(['c', 'd']);
    expect(loans.check()).toBe(true);
    loans.giveBack(100);
    expect(log.slice(5)).toEqual(['e']);
  });

  it('keeps the place of who waits already, and none of who has gone', () => {
    const { loans, log, wait } = start();
    const [, , c, d] = wait('a', 'b', 'c', 'd', 'e');
    if (c === undefined || d === undefined) {
      throw new Error('nobody waits');
    }
    loans.forget(d);
    loans.forget(d);
    loans.wait(c);
    loans.giveBack(100);
    expect(log.slice(3)).toEqual(['c', 'e']);
  });

  it('has a place that is kept hold on to nobody who waited behind it', () => {
    const { loans, wait } = start();
    const [, , c, d] = wait('a', 'b', 'c', 'd', 'e');
    if (c === undefined || d === undefined) {
      throw new Error('nobody waits');
    }
    loans.forget(d);
    loans.giveBack(50);
    expect([c, d].map(({ next, previous }) => [next, previous])).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('gives what is there after all when it is asked to look', () => {
    const { loans, log, wait } = start();
    loans.memory.takeGrowth(GROWTH);
    wait('a');
    loans.memory.giveBack(0, GROWTH);
    expect(loans.check()).toBe(false);
    expect(log).toEqual(['somebody waits', 'a']);
  });

  it('is worth waiting for while loans come back, and the first waits for no more than two seconds', () => {
    const { loans, log, wait, passes } = start();
    wait('a', 'b', 'c', 'd', 'e', 'f', 'g');
    for (let times = 0; times < 4; times += 1) {
      passes(490);
      expect(loans.check()).toBe(true);
      loans.giveBack(30); // too little for another one, but something
    }
    expect(loans.isQuick).toBe(true);
    expect(log.slice(3)).toEqual(['c', 'd']);
    passes(490);
    loans.check();
    expect(loans.isQuick).toBe(false);
    expect(log.slice(5)).toEqual(['e waits in vain', 'f waits in vain', 'g waits in vain']);
  });

  it('is not, for a while, when half a second has passed without any', () => {
    const { loans, log, wait, passes } = start();
    wait('a', 'b', 'c');
    passes(500);
    loans.check();
    expect(loans.isQuick).toBe(true);
    passes(1);
    loans.check();
    expect(loans.isQuick).toBe(false);
    expect(log).toContain('c waits in vain');
    passes(999);
    expect(loans.isQuick).toBe(false);
    passes(1);
    expect(loans.isQuick).toBe(true);
  });

  it('is tried again after twice the time whenever it has been in vain, up to about a minute', () => {
    const { loans, wait, passes } = start();
    wait('a', 'b', 'c');
    const pauses: number[] = [];
    for (let times = 0; times < 9; times += 1) {
      passes(501);
      loans.check();
      let pause = 0;
      while (!loans.isQuick) {
        passes(1000);
        pause += 1;
      }
      pauses.push(pause);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 64, 64]);
  });

  it('is tried again after a second where it has gone well for a whole round meanwhile', () => {
    const { loans, wait, passes } = start();
    wait('a', 'b', 'c');
    for (const pause of [1000, 2000]) {
      passes(501);
      loans.check();
      passes(pause);
    }
    loans.giveBack(50); // 'c' has waited since before the pause: that says nothing
    passes(1);
    wait('d');
    loans.giveBack(50);
    wait('e');
    passes(501);
    loans.check();
    passes(1000);
    expect(loans.isQuick).toBe(true);
  });

  it('is worth waiting for half a second where one begins to wait long after the last loan came back', () => {
    const { loans, log, wait, passes } = start();
    passes(60_000);
    wait('a', 'b', 'c');
    passes(500);
    loans.check();
    expect([loans.isQuick, log]).toEqual([true, ['a', 'b', 'somebody waits']]);
  });

  it('is worth waiting for two seconds, and no longer', () => {
    const { loans, wait, passes } = start();
    wait('a', 'b', 'c');
    loans.memory.takeGrowth(GROWTH - 100); // what comes back is no loan for 'c'
    for (let times = 0; times < 4; times += 1) {
      passes(500);
      loans.giveBack(0);
      loans.check();
      expect(loans.isQuick).toBe(true);
    }
    passes(1);
    loans.check();
    expect(loans.isQuick).toBe(false);
  });

  it('is worth waiting for half a second after a pause, also for those who have waited since before it', () => {
    const { loans, log, wait, passes } = start();
    wait('a', 'b', 'c');
    passes(2000);
    loans.check();
    passes(1000 + 500);
    loans.check();
    expect(loans.isQuick).toBe(true);
    passes(1);
    loans.check();
    expect(loans.isQuick).toBe(false);
    expect(log.slice(3)).toEqual(['c waits in vain', 'c waits in vain']);
  });

  it('is not tried again sooner since somebody has got a loan who has waited since before the pause', () => {
    const { loans, wait, passes } = start();
    wait('a', 'b', 'c', 'd');
    for (const pause of [1000, 2000]) {
      passes(501);
      loans.check();
      passes(pause);
    }
    loans.giveBack(50);
    passes(501);
    loans.check();
    passes(3999);
    expect(loans.isQuick).toBe(false);
    passes(1);
    expect(loans.isQuick).toBe(true);
  });
});
