import { Rate } from '../../src/inspector/rate.js';

describe('a rate', () => {
  it('comes to what flows within two seconds', () => {
    const rate = new Rate(1000, 0);
    for (let at = 100; at <= 2000; at += 100) {
      rate.update(1000 + at * 50, at);
    }
    expect(rate.value).toBeGreaterThan(49_000);
    expect(rate.value).toBeLessThanOrEqual(50_000);
  });

  it('is the same after a second, however often one has looked', () => {
    const [often, once] = [new Rate(0, 0), new Rate(0, 0)];
    for (let at = 10; at <= 1000; at += 10) {
      often.update(at * 20, at);
    }
    once.update(20_000, 1000);
    expect(often.value).toBeCloseTo(once.value, 3);
  });

  it('falls to 0 when nothing flows any more', () => {
    const rate = new Rate(0, 0);
    rate.update(1_000_000, 1000);
    rate.update(1_000_000, 60_000);
    expect(rate.value).toBe(0);
  });

  it('stays as it is where no time has gone by', () => {
    const rate = new Rate(0, 0);
    rate.update(1000, 100);
    const before = rate.value;
    rate.update(5000, 100);
    expect(rate.value).toBe(before);
    rate.update(5000, 200); // and what came then is counted now
    expect(rate.value).toBeGreaterThan(before);
  });

  it('goes on where the clock has been put back', () => {
    const rate = new Rate(0, 10_000);
    rate.update(1000, 10_100);
    const before = rate.value;
    rate.update(2000, 100);
    expect(rate.value).toBe(before);
    for (let at = 200; at <= 3000; at += 100) {
      rate.update(1900 + at, at);
    }
    expect(rate.value).toBeCloseTo(1000, -2);
  });
});
