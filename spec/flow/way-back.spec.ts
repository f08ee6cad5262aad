import { timeOfAnswer, WayBack } from '../../src/flow/way-back.js';

/** The clock of the peer is so many ms ahead. */
function waysBack(ahead = 0) {
  const wayBack = new WayBack();
  return {
    wayBack,
    /** An answer is given at a time, and is on its way for so long. Returns how late it is, and all before. */
    comes: (given: number, takes: number, isBusy = true): [late: number, before: number] => {
      const { late, before } = wayBack.answered(
        timeOfAnswer(given + ahead),
        isBusy,
        given + takes,
        10 + takes,
      );
      return [late, before];
    },
  };
}

describe('WayBack', () => {
  it.each([0, 5000, -5000, 2 ** 28 - 1000])(
    'says by how much an answer is later than the earliest, and that by how much those before were, clocks %d ms apart',
    (ahead) => {
      const { comes } = waysBack(ahead);
      expect([10, 10, 25.5, 8, 10].map((takes, i) => comes(1000 * i, takes))).toEqual([
        [0, 0],
        [0, 0],
        [15.5, 0],
        [0, 2],
        [2, 0],
      ]);
    },
  );

  it('knows how late answers have been since half a second', () => {
    const { wayBack, comes } = waysBack();
    expect(wayBack.late).toBe(0);
    comes(1000, 10);
    comes(1100, 17);
    comes(1200, 12);
    expect(wayBack.late).toBe(7);
    comes(1700, 10);
    expect(wayBack.late).toBe(7);
    comes(2300, 11);
    expect(wayBack.late).toBe(1);
  });

  it('calls no answer late that had nothing to wait for, but learns from it', () => {
    const { wayBack, comes } = waysBack();
    comes(0, 10);
    expect(comes(100, 40, false)).toEqual([0, 0]);
    expect(comes(200, 5, false)).toEqual([0, 0]);
    expect(wayBack.late).toBe(0);
    expect(comes(300, 7)).toEqual([2, 0]);
  });

  it('calls no answer late that does not say when it was given', () => {
    const { wayBack, comes } = waysBack();
    const inTime = { late: 0, before: 0 };
    expect(wayBack.answered(undefined, true, 5, 5)).toEqual(inTime);
    comes(1000, 10);
    expect(comes(1100, 30)).toEqual([20, 0]);
    expect(wayBack.answered(undefined, true, 1200, 99)).toEqual(inTime);
  });

  it('goes on where the time that is told starts over', () => {
    const wrap = 2 ** 28;
    const { comes } = waysBack(wrap / 2 - 1000);
    const late = [0, 1, 2, 3, 4].map((quarter) => comes((quarter * wrap) / 4, quarter === 0 ? 10 : 12)[0]);
    expect(late).toEqual([0, 2, 0, 0, 0]); // the first one is forgotten by then
  });

  it('sees that a clock has been set back where an answer is later than the whole round trip', () => {
    const { wayBack, comes } = waysBack();
    comes(0, 10);
    comes(100, 5);
    const told = (given: number): number => timeOfAnswer(given - 21);
    expect(wayBack.answered(told(1000), true, 1005, 20)).toEqual({ late: 0, before: 0 });
    expect(wayBack.answered(told(1100), true, 1112, 27)).toEqual({ late: 7, before: 0 });
  });

  it('believes a longer way after a minute', () => {
    const { comes } = waysBack();
    for (let given = 0; given < 60_000; given += 1000) {
      comes(given, 10);
    }
    expect(comes(60_000, 40)).toEqual([30, 0]);
    for (let given = 61_000; given < 121_000; given += 1000) {
      comes(given, 40);
    }
    expect(comes(121_000, 40)).toEqual([0, 0]);
  });
});
