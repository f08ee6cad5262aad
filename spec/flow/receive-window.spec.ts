import fc from 'fast-check';
import { ReceiveWindow } from '../../src/flow/receive-window.js';
import { WindowGrowth } from '../../src/flow/window-growth.js';
import { LEAST_FIRST_WINDOW, WindowMemory } from '../../src/flow/window-memory.js';

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const size = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 0x7fff_ffff }));

/** A window of `bytes` that has been granted to the peer. */
function granted(bytes: number): ReceiveWindow {
  const window = new ReceiveWindow(bytes);
  window.grant();
  return window;
}

describe('ReceiveWindow', () => {
  it('lets nothing in before the first grant, and that is due', () => {
    const window = new ReceiveWindow(100);
    expect(window.remaining).toBe(0);
    expect(window.unconsumed).toBe(0);
    expect(window.isGrantDue).toBe(true);
  });

  it('grants all of itself first', () => {
    const window = new ReceiveWindow(100);
    expect(window.grant()).toBe(100);
    expect(window.remaining).toBe(100);
    expect(window.isGrantDue).toBe(false);
  });

  it('counts what arrives, and what is consumed', () => {
    const window = granted(100);
    window.received(30);
    expect(window.remaining).toBe(70);
    expect(window.unconsumed).toBe(30);
    window.consumed(10);
    expect(window.remaining).toBe(70);
    expect(window.unconsumed).toBe(20);
  });

  it('grants what has been consumed, not what waits', () => {
    const window = granted(100);
    window.received(80);
    window.consumed(50);
    expect(window.grant()).toBe(70);
  });

  it.each([
    [100, 50],
    [101, 51],
    [2, 1],
    [3, 2],
  ])('of %i bytes has a grant due when %i have been consumed, and not a byte earlier', (bytes, half) => {
    const window = granted(bytes);
    window.received(bytes - 1); // so that the sender is not out of credit
    for (let consumed = 1; consumed < half; consumed += 1) {
      window.consumed(1);
      expect(window.isGrantDue).toBe(false);
    }
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  it('has a grant due for the first byte consumed where the sender is out of credit', () => {
    const window = granted(100);
    window.received(100);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
  });

  it('works with one byte', () => {
    const window = granted(1);
    window.received(1);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
    expect(window.isGrantDue).toBe(false);
  });

  it('asks for a look at a peer that goes quiet where something is due, but not enough', () => {
    const window = granted(100);
    expect(window.mayStallPeer).toBe(false); // nothing has come
    window.received(60);
    expect(window.mayStallPeer).toBe(false); // nothing is due
    window.consumed(1);
    expect(window.mayStallPeer).toBe(true);
    window.consumed(49);
    expect(window.mayStallPeer).toBe(false); // a grant is due
  });

  it('has what is due granted to a quiet peer', () => {
    const window = granted(100);
    window.received(10);
    window.consumed(8);
    expect(window.isGrantDue).toBe(false);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(98);
    expect(window.isGrantDue).toBe(false);
  });

  it('has nothing to grant to a quiet peer while all it has sent waits for its consumer', () => {
    const window = granted(100);
    window.received(10);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  /** The peer sends as many bytes, they are consumed, and the peer stops there until it gets a grant. */
  function stops(window: ReceiveWindow, bytes: number): void {
    window.received(bytes);
    window.consumed(bytes);
    window.peerIsQuiet();
    window.grant();
  }

  it('grants at once what a peer that has stopped twice after as many bytes waits for', () => {
    const window = granted(100);
    stops(window, 10);
    window.received(10);
    window.consumed(10);
    expect(window.isGrantDue).toBe(false); // once may be chance
    window.peerIsQuiet();
    window.grant();
    window.received(10);
    window.consumed(9);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
  });

  it('takes no two different stops for a peer that waits', () => {
    const window = granted(100);
    stops(window, 10);
    stops(window, 11);
    window.received(11);
    window.consumed(11);
    expect(window.isGrantDue).toBe(false);
  });

  it('waits for half of itself again once the peer has not waited, and asks for no more looks', () => {
    const window = granted(100);
    stops(window, 10);
    stops(window, 10);
    window.received(21); // 20 might have been two pieces, with a grant between them
    window.consumed(21);
    expect(window.isGrantDue).toBe(false);
    expect(window.mayStallPeer).toBe(false);
    window.peerIsQuiet();
    expect(window.isGrantDue).toBe(false);
    window.received(29);
    window.consumed(29);
    expect(window.isGrantDue).toBe(true);
  });

  it('never waits for more than half of itself', () => {
    const window = granted(100);
    for (let i = 0; i < 2; i += 1) {
      window.received(80);
      window.consumed(40);
      window.peerIsQuiet();
      window.grant();
      window.consumed(40);
      window.grant();
    }
    window.received(60);
    window.consumed(50);
    expect(window.isGrantDue).toBe(true);
  });

  it('says by how much the peer has overrun it', () => {
    const window = granted(10);
    window.received(13);
    expect(window.remaining).toBe(-3);
    expect(window.unconsumed).toBe(13);
  });

  it('grants nothing for an overrun until there is room again', () => {
    const window = granted(10);
    window.received(13);
    expect(window.isGrantDue).toBe(false);
    window.consumed(3);
    expect(window.isGrantDue).toBe(false);
    window.consumed(1);
    expect(window.isGrantDue).toBe(true);
    expect(window.grant()).toBe(1);
  });

  it('grants 0, and not less, while it is overrun', () => {
    const window = granted(10);
    window.received(13);
    expect(window.grant()).toBe(0);
    expect(window.remaining).toBe(0);
  });

  it('never promises more than it has room for', () => {
    const step = fc.record({ what: fc.constantFrom('arrive', 'consume', 'grant'), share: fraction });
    fc.assert(
      fc.property(size, fc.array(step, { maxLength: 60 }), (bytes, steps) => {
        const window = new ReceiveWindow(bytes);
        for (const { what, share } of steps) {
          if (what === 'arrive') {
            window.received(Math.ceil(window.remaining * share));
          } else if (what === 'consume') {
            window.consumed(Math.ceil(window.unconsumed * share));
          } else if (window.isGrantDue) {
            const before = window.remaining;
            expect(window.grant()).toBe(window.remaining);
            expect(window.remaining).toBeGreaterThan(before);
            expect(window.remaining + window.unconsumed).toBe(bytes);
            expect(window.isGrantDue).toBe(false);
          }
          expect(window.remaining).toBeGreaterThanOrEqual(0);
          expect(window.unconsumed).toBeGreaterThanOrEqual(0);
          expect(window.remaining + window.unconsumed).toBeLessThanOrEqual(bytes);
        }
      }),
    );
  });

  it('never leaves a sender without credit when all has been consumed', () => {
    const chunks = fc.array(fc.tuple(fraction, fraction), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(size, chunks, (bytes, steps) => {
        const window = granted(bytes);
        for (const [arriving, consuming] of steps) {
          const arrived = Math.max(1, Math.floor(window.remaining * arriving));
          window.received(Math.min(arrived, window.remaining));
          window.consumed(Math.floor(window.unconsumed * consuming));
          if (window.isGrantDue) {
            window.grant();
          }
        }
        window.consumed(window.unconsumed);
        expect(window.remaining > 0 || window.isGrantDue).toBe(true);
        window.grant();
        expect(window.remaining).toBe(bytes);
      }),
    );
  });

  it('costs no more than a grant for each half of itself where all is consumed at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fraction, { maxLength: 200 }),
        (bytes, steps) => {
          const window = granted(bytes);
          let transferred = 0;
          let grants = 0;
          for (const share of steps) {
            const arrived = Math.ceil(window.remaining * share);
            window.received(arrived);
            window.consumed(arrived);
            transferred += arrived;
            if (window.isGrantDue) {
              window.grant();
              grants += 1;
            }
          }
          expect(grants * (bytes / 2)).toBeLessThanOrEqual(transferred);
        },
      ),
    );
  });

  describe('that begins small', () => {
    const USUAL = 65_536;

    /** A window that finds nothing left of the budget for first windows. */
    function start(growth = 33_554_432): { window: ReceiveWindow; memory: WindowMemory } {
      const memory = new WindowMemory(1000, growth);
      memory.takeFirst(1000);
      const window = new ReceiveWindow(USUAL, USUAL, new WindowGrowth(memory, { now: () => 0 }));
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

  describe('that may grow', () => {
    /** How long a grant takes to get to the sender, and a byte to come back, in ms. */
    const ROUND_TRIP = 20;
    const PLENTY = 1e12;

    /** A window of 100 bytes, at the end of a line with delay, that has been granted. */
    function start({ first = 100, max = 1e9, budget = 1e9 } = {}): {
      window: ReceiveWindow;
      growth: WindowGrowth;
      memory: WindowMemory;
      passes: (ms: number) => void;
      round: (wait?: number) => number;
    } {
      const clock = { ms: 0, now: () => clock.ms };
      const memory = new WindowMemory(PLENTY, budget);
      const growth = new WindowGrowth(memory, clock);
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
            const growth = new WindowGrowth(memory, clock);
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
