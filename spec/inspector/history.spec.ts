import { History, HISTORY, type Sample } from '../../src/inspector/history.js';

const sample = (at: number): Sample => ({
  at,
  credit: at + 1,
  inFlight: at + 2,
  queued: at + 3,
  room: at + 4,
  unread: at + 5,
  rateIn: at + 0.4,
  rateOut: at + 0.6,
});

const filled = (count: number): History => {
  const history = new History();
  for (let at = 0; at < count; at += 1) {
    history.add(sample(at));
  }
  return history;
};

describe('the history of a channel', () => {
  it('gives back what it was given, oldest first', () => {
    expect(filled(12).since(0)).toEqual(Array.from({ length: 12 }, (_, at) => sample(at)));
  });

  it('keeps the last samples, however many there were', () => {
    const history = filled(HISTORY + 25);
    expect(history.count).toBe(HISTORY + 25);
    expect(history.since(0).map(({ at }) => at)).toEqual(Array.from({ length: HISTORY }, (_, at) => at + 25));
  });

  it('gives those that are new since there were so many', () => {
    const history = filled(HISTORY + 3);
    expect(history.since(HISTORY + 1)).toEqual([sample(HISTORY + 1), sample(HISTORY + 2)]);
    expect(history.since(HISTORY + 3)).toEqual([]);
  });

  it('gives the last values of one kind, rounded', () => {
    expect(filled(70).last('rateOut', 3)).toEqual([68, 69, 70]);
    expect(filled(2).last('rateIn', 5)).toEqual([0, 1]);
  });
});
