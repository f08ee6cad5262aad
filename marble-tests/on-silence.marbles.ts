import { Subject } from 'rxjs';
import { onSilence } from '../src/mux/on-silence.js';
import { marbles } from './support/flows.js';

describe('onSilence', () => {
  it('does its work at the end of each period without a value, and the result is as the source', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = hot('        --a--bc-----------d-------');
      const period = '             ----|---|---|---|---|---|-';
      const silences = '           ------------x---x-------x-';
      const unsubscribed = '       -------------------------!';
      const silent$ = new Subject<string>();
      const work = (): void => {
        silent$.next('x');
      };
      expectObservable(
        source$.pipe(onSilence(period.trim().indexOf('|'), scheduler, work)),
        unsubscribed,
      ).toBe('                          --a--bc-----------d-------');
      expectObservable(silent$).toBe(silences);
      expectSubscriptions(source$.subscriptions).toBe(unsubscribed.replace('-', '^'));
    });
  });

  it.each([
    ['completes', '---|'],
    ['errors', '---#'],
  ])('is over when the source %s', (_, diagram) => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const work = jest.fn();
      expectObservable(hot(diagram).pipe(onSilence(2, scheduler, work))).toBe(diagram);
      scheduler.schedule(() => {
        expect(work).toHaveBeenCalledTimes(1);
      }, 20);
    });
  });

  it('does nothing before it is subscribed to', () => {
    marbles(({ hot }, scheduler) => {
      void hot('-').pipe(onSilence(2, scheduler, jest.fn()));
      expect(scheduler.actions).toEqual([]);
    });
  });
});
