import type { MuxOptions } from '../src/index.js';
import { muxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';
import { pour } from './support/pour.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes in a second. */
const GIGABIT = 125_000_000;

/** How channels that always have something to send do between two muxes. */
interface Outcome {
  /** The part of the line that they use, in each 100 ms. */
  readonly used: number[];
  /** The most that each has been granted. */
  readonly windows: number[];
}

function transfer(
  over: { readonly rate?: number; readonly delay?: number },
  options: MuxOptions = {},
  channels = 1,
): Outcome {
  const line = { rate: GIGABIT, delay: 50, buffer: 256 * KIB, ...over };
  const [duration, period] = [2500, 100];
  const used = Array.from({ length: duration / period }, () => 0);
  const windows: number[] = [];
  marbles(({ flush }, scheduler) => {
    const { near, far } = muxPair({ scheduler, ...line, near: options, far: options });
    far.channels$.subscribe(({ id, inbound$, receiveWindow$ }) => {
      receiveWindow$.subscribe((bytes) => {
        windows[id] = Math.max(windows[id] ?? 0, bytes);
      });
      inbound$.subscribe({
        next: (chunk) => {
          const i = Math.floor(scheduler.now() / period);
          used[i] = (used[i] ?? 0) + (1000 * chunk.length) / line.rate / period;
        },
        error: () => undefined,
      });
    });
    for (let i = 0; i < channels; i += 1) {
      pour(near.open());
    }
    scheduler.schedule(() => {
      near.destroy();
      far.destroy();
    }, duration - 1);
    flush();
  });
  return { used, windows };
}

const least = (parts: number[]): number => Math.min(...parts);
const sum = (parts: number[]): number => parts.reduce((all, part) => all + part, 0);

describe('on a line of 1 Gbit/s, 50 ms each way,', () => {
  it('a channel with the default options gets the line, once its window has grown', () => {
    const { used, windows } = transfer({});
    expect(used[2]).toBeLessThan(0.1);
    expect(least(used.slice(13))).toBeGreaterThan(0.9);
    expect(windows).toEqual([16 * MIB]);
  });

  it('a channel whose window keeps its size gets what that allows', () => {
    const { used, windows } = transfer({}, { maxBufferedBytes: 0 });
    expect(Math.max(...used)).toBeLessThan(0.02);
    expect(windows).toEqual([64 * KIB]);
  });

  it('channels get the line together, and share the budget', () => {
    const { used, windows } = transfer({}, { maxBufferedBytes: 20 * MIB }, 5);
    expect(least(used.slice(13))).toBeGreaterThan(0.9);
    expect(sum(windows)).toBeGreaterThan((5 / 6) * 20 * MIB); // each leaves as much as it takes
    expect(sum(windows)).toBeLessThanOrEqual(20 * MIB + 5 * 64 * KIB);
  });
});

describe('on a line of 100 Mbit/s, 10 ms each way,', () => {
  it.each([1, 4])(
    '%i channel(s) get the line, by windows that are no larger than they need be',
    (channels) => {
      const { used, windows } = transfer({ rate: GIGABIT / 10, delay: 10 }, {}, channels);
      const later = used.slice(5);
      expect(sum(later) / later.length).toBeGreaterThan(0.97);
      expect(least(later)).toBeGreaterThan(0.7); // now and then the line runs nearly dry, to be measured
      expect(sum(windows)).toBeLessThan(4 * MIB);
    },
  );
});

describe('on a line of less than a millisecond', () => {
  it('windows do not grow beyond what one has that is alone', () => {
    const { used, windows } = transfer({ rate: 4 * GIGABIT, delay: 0.2 }, {}, 2);
    expect(least(used)).toBeGreaterThan(0.3);
    expect(Math.max(...windows)).toBeLessThanOrEqual(256 * KIB);
  });
});
