import { interval, takeUntil, timer } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { Mux, MuxOptions } from '../src/index.js';
import { muxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';
import { pour } from './support/pour.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes in a second. */
const MEGABIT = 125_000;

/** Two muxes on a line with large buffers, as sockets have them; what comes to the far one is read, and questions are answered. */
function overLine(
  line: { readonly rate: number; readonly delay: number },
  work: (near: Mux, scheduler: TestScheduler, far: Mux) => void,
  duration: number,
  options: MuxOptions = { extensions: true },
): { readonly received: () => number } {
  let received = 0;
  marbles(({ flush }, scheduler) => {
    const { near, far } = muxPair({ scheduler, buffer: 8 * MIB, ...line, near: options, far: options });
    far.channels$.subscribe((channel) => {
      channel.inbound$.subscribe({
        next: (chunk) => {
          received += chunk.length;
          if (channel.handshake?.toString() === 'question') {
            channel.outbound$.next(chunk);
          }
        },
        error: () => undefined,
      });
    });
    work(near, scheduler, far);
    scheduler.schedule(() => {
      near.destroy();
      far.destroy();
    }, duration);
    flush();
  });
  return { received: () => received };
}

/** Of a look at questions beside bulk, ms. */
const DURATION = 5000;

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;

/** How long questions take beside channels that send as fast as they may: ms, of the last second. */
function asked(line: { readonly rate: number; readonly delay: number }, bulk: number, options?: MuxOptions) {
  const times: number[] = [];
  const { received } = overLine(
    line,
    (near, scheduler) => {
      for (let i = 0; i < bulk; i += 1) {
        pour(near.open());
      }
      const question = near.open('question');
      const sentAt: number[] = [];
      question.inbound$.subscribe({
        next: (answers) => {
          const asked = sentAt.splice(0, answers.length);
          times.push(...asked.map((at) => scheduler.now() - at));
        },
        error: () => undefined,
      });
      interval(20, scheduler)
        .pipe(takeUntil(question.stopped$))
        .subscribe(() => {
          sentAt.push(scheduler.now());
          question.outbound$.next('?');
        });
    },
    DURATION,
    options,
  );
  return { median: median(times.slice(-50)), used: received() / ((DURATION / 1000) * line.rate) };
}

describe('on a slow line, where both ends know more than bpmux,', () => {
  it.each([
    // Mbit/s, ms each way, bulk channels; ms for an answer
    [1, 1, 8, 120],
    [8, 1, 1, 25],
    [8, 1, 32, 25],
    [80, 1, 32, 8],
    [8, 25, 32, 80],
  ])(
    'of %d Mbit/s, %d ms each way, a question beside %d bulk channels is answered',
    (rate, delay, bulk, ms) => {
      const { median: time, used } = asked({ rate: rate * MEGABIT, delay }, bulk);
      expect(time).toBeLessThan(ms);
      expect(used).toBeGreaterThan(0.9);
    },
  );

  it('all windows are under way at once where the peer knows no more than bpmux', () => {
    const { median: time } = asked({ rate: 8 * MEGABIT, delay: 1 }, 16, { extensions: false });
    expect(time).toBeGreaterThan(500);
  });

  it.each([
    // bytes in a second, ms each way, and bytes that are to come
    [10_000_000, 10, MIB],
    [1_250_000, 10, MIB],
    [125_000_000, 1, 10 * MIB],
  ])(
    'of %d bytes/s, %d ms each way, the first %d bytes take no longer than without a limit',
    (rate, delay, bytes) => {
      const took = (options?: MuxOptions): number => {
        let at = NaN;
        overLine(
          { rate, delay },
          (near, scheduler, far) => {
            far.channels$.subscribe(({ inbound$ }) => {
              let left = bytes;
              inbound$.subscribe({
                next: ({ length }) => {
                  at = left > 0 ? scheduler.now() : at;
                  left -= length;
                },
                error: () => undefined,
              });
            });
            pour(near.open());
          },
          2000,
          options,
        );
        return at;
      };
      expect(took() / took({ extensions: false })).toBeLessThan(1.02);
    },
  );

  it('an upload of priority 0 takes beside 40 channels of priority 7 little longer than alone', () => {
    const uploading = (bulk: number): number => {
      let took = NaN;
      overLine(
        { rate: 20_000_000, delay: 5 },
        (near, scheduler, far) => {
          for (let i = 0; i < bulk; i += 1) {
            pour(near.open('', { priority: 7 }));
          }
          timer(1000, scheduler).subscribe(() => {
            const begin = scheduler.now();
            far.channels$.subscribe(({ inbound$ }) => {
              inbound$.subscribe({
                complete: () => {
                  took = scheduler.now() - begin;
                },
              });
            });
            const { outbound$ } = near.open('', { priority: 0 });
            outbound$.next(Buffer.alloc(100_000));
            outbound$.complete();
          });
        },
        1500,
      );
      return took;
    };
    const alone = uploading(0);
    expect(alone).toBeGreaterThan(10);
    expect(uploading(40) / alone).toBeLessThan(1.3);
  });
});
