import fc from 'fast-check';
import { pattern } from '../../src/testing/pattern.js';
import { Clock, TestEnd, type Weather } from './network.js';
import { randomFrom } from './random.js';

const weather: fc.Arbitrary<Weather> = fc.record({
  lost: fc.constantFrom(0, 0.01, 0.1, 0.3),
  doubled: fc.constantFrom(0, 0.05, 0.3),
  delay: fc.constantFrom(0, 1, 30, 400),
  jitter: fc.constantFrom(0, 1, 100, 1000),
});

const side = fc.record({
  total: fc.integer({ min: 0, max: 30_000 }),
  highWaterMark: fc.constantFrom(1, 700, 5000, 20_000),
  window: fc.constantFrom(1, 700, 5000, 20_000),
  payloadSize: fc.constantFrom(1, 100, 1000, 16_384),
  weather,
  /** When its client loses its connection, and for how long. */
  losses: fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 20_000 }), ms: fc.integer({ min: 1, max: 5000 }) }),
    { maxLength: 3 },
  ),
  /** ms after which what has come is taken; 0: at once. */
  readsAfter: fc.constantFrom(0, 0, 10, 1000),
});

/** All that is on the way comes again where something was lost: with more messages of it that takes all day. */
const MOST_MESSAGES = 60;

/** A byte for a round trip would take all day, too. */
const MOST_ROUND_TRIPS = 40;

type Side = Omit<typeof side extends fc.Arbitrary<infer S> ? S : never, 'highWaterMark' | 'window'> & {
  readonly highWaterMark: number;
  readonly window: number;
};

/** Writes its bytes as there is room, in pieces of any size, then ends. */
function drive(end: TestEnd, seed: number, total: number): void {
  let written = 0;
  let hasEnded = false;
  const step = (): void => {
    while (written < total && end.link.room > 0) {
      const length = Math.min(total - written, 1 + Math.floor(end.random() * 3000));
      const bytes = pattern(seed, written, length);
      written += length;
      end.do((link) => {
        link.write([bytes.subarray(0, length / 2), bytes.subarray(length / 2)]);
      });
    }
    if (written === total && !hasEnded) {
      hasEnded = true;
      end.do((link) => {
        link.end();
      });
    } else if (!hasEnded && !end.isOver) {
      end.clock.after(20, step);
    }
  };
  step();
}

function prepare(clock: Clock, random: () => number, chosen: Side): TestEnd {
  const end = new TestEnd(clock, random, chosen.highWaterMark, 120_000);
  end.window = chosen.window;
  end.payloadSize = Math.max(chosen.payloadSize, Math.ceil(chosen.total / MOST_MESSAGES));
  end.weather = chosen.weather;
  end.isReading = chosen.readsAfter === 0;
  return end;
}

describe('two ends of a session', () => {
  it('have every byte once and in order, and end, whatever is lost, doubled, late or cut off', () => {
    fc.assert(
      fc.property(side, side, fc.integer(), (one, other, seed) => {
        const clock = new Clock();
        const random = randomFrom(seed);
        const least = Math.ceil(Math.max(one.total, other.total) / MOST_ROUND_TRIPS);
        const widen = (chosen: Side): Side => ({
          ...chosen,
          highWaterMark: Math.max(chosen.highWaterMark, least),
          window: Math.max(chosen.window, least),
        });
        const sides = [widen(one), widen(other)] as const;
        const [near, far] = [prepare(clock, random, sides[0]), prepare(clock, random, sides[1])];
        near.other = far;
        far.other = near;
        for (const [end, chosen, total] of [
          [near, sides[0], one.total],
          [far, sides[1], other.total],
        ] as const) {
          end.do((link) => {
            link.open();
          });
          drive(end, total, total);
          for (const { at, ms } of chosen.losses) {
            clock.after(at, () => {
              end.lose();
              clock.after(ms, () => {
                end.restore();
              });
            });
          }
          if (chosen.readsAfter > 0) {
            const read = (): void => {
              if (!end.isOver) {
                end.read();
                clock.after(chosen.readsAfter, read);
              }
            };
            read();
          }
        }
        clock.run(1e8, () => near.isOver && far.isOver);
        expect(near.bytes.equals(pattern(other.total, 0, other.total))).toBe(true);
        expect(far.bytes.equals(pattern(one.total, 0, one.total))).toBe(true);
        expect([...near.happened].sort()).toEqual(['arrived', 'ended', 'over']);
        expect([...far.happened].sort()).toEqual(['arrived', 'ended', 'over']);
      }),
      { numRuns: 100 },
    );
  });
});
