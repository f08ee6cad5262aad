import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { WindowGrowth } from '../../src/flow/window-growth.js';
import { type Borrower, WindowLoans } from '../../src/flow/window-loans.js';
import { WindowMemory } from '../../src/flow/window-memory.js';

const MARK = 10_000;
/** A quarter of it is just one loan. */
const GROWTH = 32_000;
const LENDABLE = GROWTH / 4;

describe('ReceiveWindow', () => {
  describe('that may have less than its highWaterMark', () => {
    /** A window that has been used up and granted once, where nearly all of the memory is in use. */
    function start({ lent = 0, mark = MARK } = {}) {
      const clock = { ms: 0, now: () => clock.ms };
      const memory = new WindowMemory(0, GROWTH);
      memory.take(GROWTH - LENDABLE - 1000);
      memory.lend(lent);
      const loans = new WindowLoans(memory, clock);
      const window = new ReceiveWindow(mark, mark, new WindowGrowth(loans, clock));
      const borrower: Borrower = { borrow: () => window.borrow(), stopWaiting: () => undefined };
      const grant = (): number => window.grant(borrower);
      /** The peer uses all its credit, and it is consumed. */
      const useUp = (): void => {
        window.received(window.remaining);
        window.consumed(window.unconsumed);
      };
      window.grant();
      useUp();
      return { window, memory, loans, clock, grant, useUp, borrower };
    }

    it('grants its highWaterMark where it has a loan; the first time what is left of it', () => {
      const { window, grant, useUp } = start();
      expect(window.total).toBeGreaterThan(2000);
      expect(grant()).toBe(MARK - window.total);
      expect(window.isGrantDue).toBe(false);
      useUp();
      expect(grant()).toBe(MARK);
      useUp();
      expect(grant()).toBe(MARK);
    });

    it('grants its highWaterMark at once where little is left of it', () => {
      const { window, grant, useUp } = start();
      for (let times = 0; times < 3; times += 1) {
        window.grant();
        useUp();
      }
      expect(MARK - window.total).toBeLessThan(MARK / 4);
      expect(grant()).toBe(MARK);
    });

    it('grants what it may have where there is no loan now, and its highWaterMark as soon as there is', () => {
      const { window, loans, grant } = start({ lent: LENDABLE });
      const granted = grant();
      expect(granted).toBe(window.size);
      expect(granted).toBeLessThan(3000);
      expect(window.isGrantDue).toBe(false);
      loans.giveBack(LENDABLE);
      expect(window.isGrantDue).toBe(true);
      expect(grant()).toBe(MARK - window.total);
    });

    it('grants nothing before the loan where that need not be at once', () => {
      const { window, loans, borrower } = start({ lent: LENDABLE });
      expect(window.grant(borrower, false)).toBe(0);
      expect([window.isGrantDue, window.mayStallPeer]).toEqual([false, false]);
      loans.giveBack(LENDABLE);
      expect(window.isGrantDue).toBe(true);
      expect(window.grant(borrower, false)).toBe(MARK - window.total);
    });

    it('has no credit less than none while it waits, though the peer has sent too much', () => {
      const { window, borrower } = start({ lent: LENDABLE });
      window.grant(borrower);
      window.received(window.remaining + 10);
      window.consumed(window.unconsumed);
      expect(window.remaining).toBe(-10);
      expect(window.grant(borrower, false)).toBe(0);
    });

    it('grants what it may have where loans are slow, though it need not be at once', () => {
      const { window, loans, clock, borrower } = start({ lent: LENDABLE });
      window.grant(borrower, false);
      clock.ms += 501;
      loans.check();
      expect(window.isGrantDue).toBe(true);
      expect(window.grant(borrower, false)).toBeGreaterThan(2000);
    });

    it('takes no loan where nobody is there to have one', () => {
      const { window, memory } = start();
      const { grown } = memory;
      expect(window.grant()).toBeLessThan(3000);
      expect(memory.grown - grown).toBeLessThan(1000);
    });

    it('keeps the loan until it has used it up, and then gives it back', () => {
      const { window, memory, grant } = start();
      grant();
      const most = window.remaining - 1;
      window.received(most);
      window.consumed(most);
      expect(window.isGrantDue).toBe(false);
      const { used } = memory;
      window.received(1);
      window.consumed(1);
      expect(window.isGrantDue).toBe(true);
      window.grant();
      expect(window.size).toBeLessThan(3000);
      expect(memory.used).toBeLessThan(used - 5000);
      expect(memory.lend(LENDABLE)).toBe(true);
    });

    it('grants nothing while it waits for a loan and that is quick, whatever the peer waits for', () => {
      const { window, memory, loans, grant, useUp } = start({ lent: LENDABLE });
      grant();
      useUp();
      expect([window.isGrantDue, window.mayStallPeer]).toEqual([false, false]);
      window.peerIsQuiet();
      expect(window.isGrantDue).toBe(false);
      loans.giveBack(LENDABLE);
      expect(window.isGrantDue).toBe(true);
      expect(grant()).toBe(MARK - window.total);
      expect(memory.used).toBeLessThanOrEqual(GROWTH);
    });

    it('makes do with what it may have while loans are slow', () => {
      const { window, loans, clock, grant, useUp } = start({ lent: LENDABLE });
      grant();
      useUp();
      clock.ms += 501;
      loans.check();
      for (let times = 0; times < 3; times += 1) {
        expect(window.isGrantDue).toBe(true);
        expect(grant()).toBeLessThan(3000);
        useUp();
      }
      clock.ms += 1000;
      expect(window.isGrantDue).toBe(false);
    });

    it('waits no more once it is gone', () => {
      const { window, memory, loans, grant } = start({ lent: LENDABLE });
      grant();
      window.release();
      loans.giveBack(LENDABLE);
      expect(memory.used).toBe(GROWTH - LENDABLE - 1000);
    });

    it('does not wait for a loan that is larger than all that can be lent', () => {
      const { window, grant, useUp } = start({ lent: LENDABLE, mark: 20_000 });
      for (let times = 0; times < 3; times += 1) {
        grant();
        useUp();
        expect(window.isGrantDue).toBe(true);
      }
    });

    it('gives back a loan that it has waited for, too, when that has been used up', () => {
      const { window, memory, loans, grant, useUp } = start({ lent: LENDABLE });
      grant();
      loans.giveBack(LENDABLE);
      grant();
      expect(window.size).toBe(MARK - window.total);
      useUp();
      window.grant();
      expect(window.size).toBeLessThan(3000);
      expect(memory.lend(LENDABLE)).toBe(true);
    });

    it('wants no other loan until it has been used up again', () => {
      const { window, loans, grant } = start();
      const { size } = window;
      window.grant(); // nobody is there to have a loan
      window.received(size - 1);
      window.consumed(size - 1);
      expect(window.isGrantDue).toBe(true);
      grant();
      expect(window.hasLoan).toBe(false);
      expect(window.size).toBeLessThan(3000);
      expect(loans.check()).toBe(false);
    });

    it('waits in one place, however often it has begun to', () => {
      const { window, memory, loans, clock, grant, useUp } = start({ lent: LENDABLE });
      grant();
      clock.ms += 501;
      loans.check();
      useUp();
      grant();
      window.release();
      const { used } = memory;
      loans.giveBack(LENDABLE);
      expect([loans.check(), memory.used]).toEqual([false, used - LENDABLE]);
    });

    it('does not give back a loan of which more has come than it may have itself', () => {
      const { window, grant } = start();
      const granted = grant();
      window.received(granted);
      window.consumed(1);
      window.grant();
      expect([window.size, window.remaining]).toEqual([granted, 1]);
    });
  });
});
