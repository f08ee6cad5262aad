import { Subject } from 'rxjs';
import { onSilence } from '../../src/mux/on-silence.js';
import { SleepyScheduler } from './sleepy-scheduler.js';

// In time that nothing holds up: on-silence.marbles.ts

/** When silence of 10 ms is seen, where the process sleeps for so long at 11 ms, and values come at 5, 15 and 25 ms. */
function silences(sleep: number): number[] {
  const scheduler = new SleepyScheduler();
  const source$ = new Subject<string>();
  const seen: number[] = [];
  source$.pipe(onSilence(10, scheduler, () => seen.push(scheduler.now()))).subscribe();
  for (const at of [5, 15, 25]) {
    scheduler.schedule(() => {
      source$.next('a');
    }, at);
  }
  scheduler.schedule(() => {
    scheduler.sleep(sleep);
  }, 11);
  scheduler.schedule(() => {
    source$.complete();
  }, 35);
  scheduler.flush();
  return seen;
}

describe('onSilence', () => {
  it('does its work, too, where the timer is so late that there may have been a silent period, though a value has come', () => {
    expect(silences(10)).toEqual([30]);
  });

  it('does not where it is later by less, or the clock has been put back', () => {
    expect([0, 9, -1000].map(silences)).toEqual([[], [], []]);
  });
});
