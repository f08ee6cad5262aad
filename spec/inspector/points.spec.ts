import { Points } from '../../src/inspector/points.js';

describe('the points of a chart', () => {
  it('are columns: the times in seconds, and a value of each line', () => {
    const points = new Points(2);
    points.add(1000, [5, 6]);
    points.add(1250, [7, 8]);
    expect(points.columns).toEqual([
      [1, 1.25],
      [5, 7],
      [6, 8],
    ]);
  });

  it('have the same moment once', () => {
    const points = new Points(1);
    points.add(1000, [5]);
    points.add(1000, [5]);
    expect(points.columns).toEqual([[1], [5]]);
  });

  it('are the newest, where there are many', () => {
    const points = new Points(1);
    for (let at = 1; at <= 601; at += 1) {
      points.add(1000 * at, [at]);
    }
    expect(points.columns.map(({ length }) => length)).toEqual([600, 600]);
    expect(points.columns[0]?.[0]).toBe(2);
    expect(points.columns[1]?.at(-1)).toBe(601);
  });

  it('begin anew where the clock has been put back', () => {
    const points = new Points(1);
    points.add(9000, [5]);
    points.add(1000, [6]);
    points.add(2000, [7]);
    expect(points.columns).toEqual([
      [1, 2],
      [6, 7],
    ]);
  });

  it('are none when they have been forgotten', () => {
    const points = new Points(1);
    points.add(1000, [5]);
    points.clear();
    expect(points.columns).toEqual([[], []]);
  });
});
