import { filter, interval } from 'rxjs';
import { muxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';
import { pour } from './support/pour.js';

/** Bytes in a ms. */
const MEGABIT = 125;

/** What is seen of bulk in both directions, and of questions beside it, when some seconds have passed. */
interface Outcome {
  /** The part of the line that is used, there and back. */
  readonly used: readonly [there: number, back: number];
  /** What half of the questions take less than: ms. */
  readonly question: number;
}

function bothWays(megabits: number, delay: number, to = 6000): Outcome {
  const from = 2000;
  const used: [number, number] = [0, 0];
  const questions: number[] = [];
  marbles(({ flush }, scheduler) => {
    const pair = muxPair({ scheduler, delay, rate: 1000 * MEGABIT * megabits });
    const takeAll = (channels$: typeof pair.near.channels$, way: 0 | 1): void => {
      channels$.subscribe(({ handshake, inbound$, outbound$ }) => {
        if (String(handshake) === 'question') {
          inbound$.subscribe(outbound$);
          return;
        }
        inbound$.pipe(filter(() => scheduler.now() >= from)).subscribe({
          next: ({ length }) => {
            used[way] += length / (MEGABIT * megabits * (to - from));
          },
          error: () => undefined,
        });
      });
    };
    takeAll(pair.far.channels$, 0);
    takeAll(pair.near.channels$, 1);
    for (let i = 0; i < 8; i += 1) {
      pour(pair.near.open());
      pour(pair.far.open());
    }
    const { inbound$, outbound$ } = pair.near.open(Buffer.from('question'));
    const asked: number[] = [];
    inbound$.subscribe({
      next: () => {
        questions.push(scheduler.now() - (asked.shift() ?? NaN));
      },
      error: () => undefined,
    });
    const asking = interval(173, scheduler)
      .pipe(filter(() => scheduler.now() >= from))
      .subscribe(() => {
        asked.push(scheduler.now());
        outbound$.next(Buffer.from('?'));
      });
    scheduler.schedule(() => {
      asking.unsubscribe();
      pair.near.destroy();
      pair.far.destroy();
    }, to);
    flush();
  });
  const sorted = questions.sort((a, b) => a - b);
  return { used, question: sorted[Math.floor(sorted.length / 2)] ?? NaN };
}

describe('bulk in both directions, 8 channels in each,', () => {
  it.each([
    // Mbit/s, ms each way, and what a question may take, ms
    [1, 10, 250],
    [8, 0.1, 40],
    [8, 10, 60],
    [8, 50, 200],
    [30, 10, 50],
    [100, 20, 60],
  ])('fills a line of %d Mbit/s, %d ms each way, and a question passes it by', (megabits, delay, longest) => {
    const { used, question } = bothWays(megabits, delay);
    expect(Math.min(...used)).toBeGreaterThan(0.9);
    expect(question).toBeLessThan(longest);
  });

  it('leaves room for questions on a line that needs seconds for what is under way at first', () => {
    const { used, question } = bothWays(0.064, 50, 20_000);
    expect(Math.min(...used)).toBeGreaterThan(0.7);
    expect(question).toBeLessThan(6000);
  });
});
