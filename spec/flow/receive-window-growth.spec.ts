import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { WindowGrowth } from '../../src/flow/window-growth.js';
import { WindowLoans } from '../../src/flow/window-loans.js';
import { LEAST_FIRST_WINDOW, WindowMemory } from '../../src/flow/window-memory.js';

describe('ReceiveWindow', () => {
  describe('that may grow', () => {
    /** How long a grant takes to get to the sender, and a byte to come back, in ms. */
    const ROUND_TRIP = 20;
    const PLENTY = 1e12;

    /** A window of 100 bytes, at the end of a line with delay, that has been granted. */
    function start({
      first = 100,
      max = 1e9,
      budget = 1e9,
      alone,
    }: { first?: number; max?: number; budget?: number; alone?: number } = {}): {
      window: ReceiveWindow;
      growth: WindowGrowth;
      memory: WindowMemory;
      passes: (ms: number) => void;
      round: (wait?: number) => number;
    } {
      const clock = { ms: 0, now: () => clock.ms };
      const memory = new WindowMemory(PLENTY, budget);
      const growth = new WindowGrowth(new WindowLoans(memory, clock), clock, alone);
      const window = new ReceiveWindow(first, max, growth);
      window.grant();
      const passes = (ms: number): void => {
        clock.ms += ms;
      };
      /** The sender uses all its credit after a while, the consumer consumes it at once. Returns the grant for it. */
      const round = (wait = ROUND_TRIP): number => {
        passes(wait);
        window.received(window.remaining);
        window.consumed(window.unconsumed);
        return window.grant();
      };
      return { window, growth, memory, passes, round };
    }

    /** Whether what has happened until now makes the window grow. */
    function grows({ window, round }: ReturnType<typeof start>): boolean {
      const { size } = window;
      round();
      return window.size > size;
    }

    it('is doubled by each wait of a round trip of a sender that has used up its credit', () => {
      const { round } = start();
      // The first wait may be for anything.
      expect([round(), round(), round(), round(), round()]).toEqual([100, 200, 400, 800, 1600]);
    });

    it('is doubled where the sender has stopped at the end of its credit though a grant was on its way', () => {
      const { window, passes } = start();
      const half = (): number => {
        window.received(50);
        window.consumed(50);
        return window.isGrantDue ? window.grant() : 0;
      };
      passes(ROUND_TRIP);
      expect(half()).toBe(100);
      expect(half()).toBe(100); // here the sender stops
      passes(ROUND_TRIP);
      expect(half()).toBe(200);
    });

    it('is not doubled where the sender has gone on beyond the end of its credit before the grant', () => {
      const { window, passes } = start();
      const some = (bytes: number): number => {
        window.received(bytes);
        window.consumed(bytes);
        return window.isGrantDue ? window.grant() : 0;
      };
      passes(ROUND_TRIP);
      expect(some(50)).toBe(100);
      expect(some(51)).toBe(100); // the grant has met the bytes on their way
      passes(ROUND_TRIP);
      expect(some(51)).toBe(100);
    });

    it.each([100, 99, 1])('keeps its size of 100 bytes where it may grow to %i', (max) => {
      const { round } = start({ max });
      expect([round(), round(), round()]).toEqual([100, 100, 100]);
    });

    it('grows to what it may, and no farther', () => {
      const { round } = start({ max: 350 });
      expect([round(), round(), round(), round()]).toEqual([100, 200, 350, 350]);
    });

    it('takes no more of the budget than it leaves', () => {
      const { memory, round } = start({ budget: 150 });
      expect([round(), round(), round(), round()]).toEqual([100, 175, 175, 175]);
      memory.giveBack(0, 1000);
      expect([round(), round(), round()]).toEqual([200, 400, 675]);
    });

    it('grows at once to what another has found to make sense, when it is used up', () => {
      const { growth, passes, round } = start();
      round();
      round();
      expect(round()).toBe(400);
      const late = new ReceiveWindow(10, 35, growth);
      expect(late.grant()).toBe(10);
      passes(ROUND_TRIP);
      late.received(9);
      late.consumed(9);
      expect(late.grant()).toBe(10); // it has not been used up
      late.received(10);
      late.consumed(10);
      expect(late.grant()).toBe(10);
      passes(ROUND_TRIP);
      late.received(10);
      late.consumed(10);
      expect(late.grant()).toBe(35);
    });

    it('of one channel alone is doubled once in a round trip, and so are those of many', () => {
      const { window, growth, passes } = start();
      const others = Array.from({ length: 5 }, () => new ReceiveWindow(100, 1e9, growth));
      const all = [window, ...others];
      others.forEach((other) => other.grant());
      const sizes: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        passes(ROUND_TRIP);
        for (const one of all) {
          one.received(one.remaining);
          one.consumed(one.unconsumed);
          one.grant();
        }
        sizes.push(Math.max(...all.map(({ size }) => size)));
      }
      expect(sizes).toEqual([100, 200, 400, 800]);
    });

    it('gives back what it has grown by when it is released', () => {
      const { window, memory, round } = start({ budget: 1000 });
      round();
      round();
      round();
      expect(memory.used).toBe(300);
      window.release();
      window.release();
      expect(memory.used).toBe(0);
    });

    it('does not grow while the sender has credit left', () => {
      const given = start();
      const { window, passes } = given;
      for (let i = 0; i < 5; i += 1) {
        passes(ROUND_TRIP);
        window.received(window.remaining - 1);
        window.consumed(window.unconsumed);
        expect(window.grant()).toBe(100);
      }
    });

    it('does not grow where more than half of it waits for the consumer when the credit is used up', () => {
      const given = start();
      const { window, passes } = given;
      passes(ROUND_TRIP);
      window.received(51);
      window.received(49);
      window.consumed(100);
      window.grant();
      expect(grows(given)).toBe(false);
      expect(grows(given)).toBe(true);
    });

    it.each([
      ['grows', 10, true],
      ['does not grow', 10.1, false],
    ])('%s where the consumer takes %f ms, while the way takes 20', (_, ms, expected) => {
      const given = start();
      const { window, passes } = given;
      passes(ROUND_TRIP);
      window.received(100);
      passes(ms);
      window.consumed(100);
      window.grant();
      expect(grows(given)).toBe(expected);
    });

    it('does not grow for want of credit of less than five milliseconds', () => {
      const { round } = start();
      expect([round(4.9), round(4.9), round(4.9)]).toEqual([100, 100, 100]);
    });

    describe('and has the connection to itself', () => {
      const [USUAL, ALONE] = [65_536, 262_144];
      const NO_TIME = 0.1;

      it('becomes four times as large when it has been used up for the second time, in no time', () => {
        const { round } = start({ first: USUAL });
        // The first wait may be for anything.
        expect([1, 2, 3, 4].map(() => round(NO_TIME))).toEqual([USUAL, USUAL, ALONE, ALONE]);
      });

      it('becomes as large as the carrier holds', () => {
        const { round } = start({ first: USUAL, alone: 524_288 });
        expect([1, 2, 3, 4].map(() => round(NO_TIME))).toEqual([USUAL, USUAL, 524_288, 524_288]);
      });

      it('is as large as it may be, and as the budget allows', () => {
        const [limited, poor] = [start({ first: USUAL, max: 70_000 }), start({ first: USUAL, budget: 1000 })];
        expect([1, 2, 3].map(() => limited.round(NO_TIME))).toEqual([USUAL, USUAL, 70_000]);
        expect([1, 2, 3].map(() => poor.round(NO_TIME))).toEqual([USUAL, USUAL, USUAL + 500]);
      });

      it('grows from there by round trips', () => {
        const { round } = start({ first: USUAL });
        expect([1, 2, 3, 4].map(() => round())).toEqual([USUAL, 2 * USUAL, 2 * ALONE, 4 * ALONE]);
      });

      it('stays as large as it was where that is more, or less on purpose', () => {
        for (const first of [1000, 65_535, 300_000]) {
          const { round } = start({ first });
          expect([1, 2, 3].map(() => round(NO_TIME))).toEqual([first, first, first]);
        }
      });

      it('becomes as large as all others when another is used up', () => {
        const { growth, memory, window, passes, round } = start({ first: USUAL, budget: 1e6 });
        for (let i = 0; i < 3; i += 1) {
          round(NO_TIME);
        }
        expect(window.size).toBe(ALONE);
        const other = new ReceiveWindow(USUAL, 1e9, growth);
        other.grant();
        for (let i = 0; i < 2; i += 1) {
          passes(NO_TIME);
          other.received(USUAL);
          other.consumed(USUAL);
          other.grant();
        }
        passes(NO_TIME);
        other.received(1);
        expect(round(NO_TIME)).toBe(USUAL);
        expect(memory.used).toBe(2 * (USUAL - LEAST_FIRST_WINDOW));
      });

      it('leaves nothing of that when it is released', () => {
        const { growth, memory, window, round } = start({ first: USUAL, budget: 1e6 });
        for (let i = 0; i < 3; i += 1) {
          round(NO_TIME);
        }
        window.release();
        expect(growth.isAlone(window)).toBe(false);
        expect(memory.used).toBe(0);
      });
    });

    it('does not grow where the sender is held up for twice the round trip or more', () => {
      const { round } = start();
      expect([round(), round(40), round(79.9)]).toEqual([100, 100, 100]);
    });

    it('is halved, down to its first size, where the sender is held up for four round trips or more', () => {
      const { window, round } = start();
      for (let i = 0; i < 4; i += 1) {
        round();
      }
      expect(window.size).toBe(800);
      expect([round(80), round(80), round(80), round(80)]).toEqual([400, 200, 100, 100]);
    });

    describe('on a way that has become longer', () => {
      const LONG = 200;

      /** A window that has grown to 400 bytes on the short way, and as long on the long one until it has not grown for that. */
      function moved() {
        const all = start();
        const { round } = all;
        expect([round(), round(), round()]).toEqual([100, 200, 400]);
        expect([round(LONG), round(LONG)]).toEqual([200, 100]);
        return all;
      }

      /** Uses it up again and again, and returns the sizes that it comes to. */
      function sizes({ round }: ReturnType<typeof start>, seconds: number, wait: () => number): number[] {
        const seen: number[] = [];
        for (let passed = 0; passed < 1000 * seconds; passed += wait()) {
          const size = round(wait());
          if (size !== seen.at(-1)) {
            seen.push(size);
          }
        }
        return seen;
      }

      it('is doubled again when all have taken longer for five seconds', () => {
        const all = moved();
        expect(sizes(all, 4.8, () => LONG)).toEqual([100]);
        expect(sizes(all, 2, () => LONG)).toEqual([200, 400, 800, 1600, 3200, 6400]);
      });

      it('grows from the size that it has where the way has not become four times as long', () => {
        const { window, round } = start();
        expect([round(), round(), round()]).toEqual([100, 200, 400]);
        while (window.size === 400) {
          round(3 * ROUND_TRIP);
        }
        expect(window.size).toBe(800);
      });

      it('is not doubled where one was as short as before in between', () => {
        const all = moved();
        sizes(all, 4.8, () => LONG);
        expect(all.round()).toBe(200);
        expect(sizes(all, 4.8, () => LONG)).toEqual([100]);
      });

      it('is as large as before where twice as much takes longer still, and then doubts for twice as long', () => {
        const all = moved();
        const queue = (): number => 2 * all.window.size; // a line of half a byte in a ms
        expect(sizes(all, 10, queue)).toEqual([100, 200, 100]);
        expect(sizes(all, 5, queue)).toEqual([100]);
        expect(sizes(all, 10, queue)).toEqual([100, 200, 100]);
      });

      it('doubts for no longer than 80 s, however often it was a queue', () => {
        const all = moved();
        const queue = (): number => 2 * all.window.size;
        sizes(all, 400, queue);
        expect(sizes(all, 90, queue)).toContain(200);
      });

      it('doubts for five seconds again where the last time was no queue', () => {
        const all = moved();
        sizes(all, 40, () => 2 * all.window.size);
        while (all.window.size < 400) {
          all.round(LONG);
        }
        expect(sizes(all, 12, () => 5 * LONG).at(-1)).toBeGreaterThan(100);
      });

      it('stays as it is where that is shorter than five milliseconds', () => {
        const all = start();
        sizes(all, 1, () => 1);
        expect(sizes(all, 20, () => 4)).toEqual([100]);
      });
    });

    it('that is to be halved stays as large as what has been granted', () => {
      const { window, memory, passes, round } = start({ budget: 600 });
      round();
      round();
      expect(round()).toBe(400);
      passes(80);
      window.received(1);
      window.consumed(1);
      expect(window.size).toBe(400);
      expect(memory.used).toBe(300);
      expect(window.isGrantDue).toBe(false);
      window.received(200);
      window.consumed(200);
      expect(window.isGrantDue).toBe(false); // 199 are still granted, of 200 in future
      window.received(100);
      window.consumed(100);
      expect(window.isGrantDue).toBe(true);
      expect(window.grant()).toBe(200);
      expect(window.size).toBe(200);
      expect(memory.used).toBe(100);
    });

    it.each([
      [100, 50],
      [400, 50],
      [800, 100],
      [1600, 200],
    ])('has grown to %i bytes and has a grant due when %i have been consumed', (size, enough) => {
      const { window, passes, round } = start({ max: size });
      while (window.size < size) {
        round();
      }
      passes(ROUND_TRIP);
      window.received(size / 2);
      window.consumed(enough - 1);
      expect(window.isGrantDue).toBe(false);
      window.consumed(1);
      expect(window.isGrantDue).toBe(true);
    });

    it.each([
      [50, 200],
      [51, 100],
    ])('has a consumer that has left %i of 100 bytes when the rest comes, and is then %i', (left, size) => {
      const { window, passes, round } = start();
      passes(ROUND_TRIP);
      window.received(left);
      window.received(100 - left);
      window.consumed(100);
      window.grant();
      expect(round()).toBe(size);
    });

    it('takes the time until a byte that no grant was needed for to be no round trip', () => {
      const { growth, passes, round } = start();
      const early = new ReceiveWindow(100, 100, growth);
      early.promise(100);
      passes(1);
      early.received(1);
      expect([round(), round(), round()]).toEqual([100, 200, 400]);
    });

    it('does not become larger with others unless it is used up again', () => {
      const { window, growth, passes, round } = start();
      expect([round(), round()]).toEqual([100, 200]);
      passes(ROUND_TRIP);
      window.received(100);
      window.consumed(100);
      expect(window.grant()).toBe(400);
      passes(1000);
      growth.usedUp(10 * ROUND_TRIP, true); // another one
      expect(growth.factor).toBe(8);
      window.received(250);
      window.consumed(250);
      expect([window.isGrantDue, window.grant(), window.size]).toEqual([true, 400, 400]);
    });

    it('becomes smaller with others, though it is not used up', () => {
      const { window, growth, passes, round } = start();
      expect([round(), round(), round()]).toEqual([100, 200, 400]);
      passes(ROUND_TRIP);
      window.received(200);
      window.consumed(200);
      expect(window.grant()).toBe(800);
      passes(1000);
      growth.usedUp(4 * 10 * ROUND_TRIP, true); // another one
      expect(growth.factor).toBe(4);
      window.received(700);
      window.consumed(700);
      expect([window.isGrantDue, window.grant(), window.size]).toEqual([true, 400, 400]);
    });

    it('still knows after a grant what a peer waits for that has stopped twice after as many bytes', () => {
      const { window } = start();
      for (let i = 0; i < 2; i += 1) {
        window.received(10);
        window.consumed(10);
        window.peerIsQuiet();
        window.grant();
      }
      for (let i = 0; i < 3; i += 1) {
        window.received(10);
        window.consumed(10);
        expect(window.isGrantDue).toBe(true);
        window.grant();
      }
    });
  });
});
