import { Mux, type Carrier } from '../src/index.js';
import { line } from '../src/testing/line.js';
import { marbles } from './support/flows.js';
import { pour } from './support/pour.js';

/** Bytes in a second. */
const MEGABIT = 125_000;

/** The end of a connection whose directions are lines of their own. */
const joined = (there: Carrier, back: Carrier): Carrier => ({
  inbound$: back.inbound$,
  capacity$: there.capacity$,
  write: (chunks) => {
    there.write(chunks);
  },
  end: () => {
    there.end();
  },
  destroy: (error) => {
    there.destroy(error);
    back.destroy(error);
  },
});

/** The part of each direction that is used by 8 channels in each, after two seconds. */
function used(
  megabitsThere: number,
  megabitsBack: number,
  delay: number,
): readonly [there: number, back: number] {
  const [from, to] = [2000, 8000];
  const parts: [number, number] = [0, 0];
  marbles(({ flush }, scheduler) => {
    const of = (megabits: number) => line({ scheduler, delay, rate: megabits * MEGABIT, buffer: 65_536 });
    const [there, back] = [of(megabitsThere), of(megabitsBack)];
    const near = new Mux(joined(there.near, back.near), { scheduler, keepAlive: false, highChannels: false });
    const far = new Mux(joined(back.far, there.far), { scheduler, keepAlive: false, highChannels: true });
    const takeAll = ({ channels$ }: Mux, way: 0 | 1, megabits: number): void => {
      channels$.subscribe(({ inbound$ }) => {
        inbound$.subscribe({
          next: ({ length }) => {
            parts[way] += scheduler.now() < from ? 0 : length / ((megabits * MEGABIT * (to - from)) / 1000);
          },
          error: () => undefined,
        });
      });
    };
    takeAll(far, 0, megabitsThere);
    takeAll(near, 1, megabitsBack);
    for (let i = 0; i < 8; i += 1) {
      pour(near.open());
      pour(far.open());
    }
    scheduler.schedule(() => {
      near.destroy();
      far.destroy();
    }, to);
    flush();
  });
  return parts;
}

describe('bulk in both directions of a line', () => {
  it.each([
    // Mbit/s there and back, ms each way, and the part of either that is used at least
    [1, 20, 10, 0.9],
    [5, 100, 10, 0.9],
    [0.5, 10, 10, 0.6],
  ])(
    'that has %d Mbit/s there and %d back, %d ms each way, uses more than %d of either',
    (there, back, delay, least) => {
      expect(Math.min(...used(there, back, delay))).toBeGreaterThan(least);
    },
  );
});
