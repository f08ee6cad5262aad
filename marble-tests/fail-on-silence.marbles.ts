import { EMPTY } from 'rxjs';
import { KeepAliveTimeoutError } from '../src/index.js';
import { failOnSilence } from '../src/mux/fail-on-silence.js';
import { marbles } from './support/flows.js';

const silent = new KeepAliveTimeoutError(6);

describe('failOnSilence', () => {
  it('errors when there has been no value for so long', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = hot('        --a---b-------------');
      const subscription = '       ^-----------!';
      const expected = '           --a---b-----#';
      expectObservable(source$.pipe(failOnSilence(6, scheduler))).toBe(expected, undefined, silent);
      expectSubscriptions(source$.subscriptions).toBe(subscription);
    });
  });

  it('errors where there is no value at all', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      expectObservable(hot('-------a').pipe(failOnSilence(6, scheduler))).toBe('------#', undefined, silent);
    });
  });

  it('counts from the last value, wherever that falls', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const source$ = hot('        (aa)--b(cd)-e--------');
      const expected = '           (aa)--b(cd)-e-----#';
      expectObservable(source$.pipe(failOnSilence(6, scheduler))).toBe(expected, undefined, silent);
    });
  });

  it('takes a value that comes at the last moment', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const source$ = hot('        ------a-----b-----|');
      const expected = '           ------a-----b-----|';
      expectObservable(source$.pipe(failOnSilence(6, scheduler))).toBe(expected);
    });
  });

  it('completes and errors with the source, and is unsubscribed from it', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const [completing$, failing$, going$] = [hot('--a|'), hot('--a#'), hot('--a--')];
      expectObservable(completing$.pipe(failOnSilence(6, scheduler))).toBe('--a|');
      expectObservable(failing$.pipe(failOnSilence(6, scheduler))).toBe('--a#');
      expectObservable(going$.pipe(failOnSilence(6, scheduler)), '---!').toBe('--a');
      expectSubscriptions(going$.subscriptions).toBe('^--!');
    });
  });

  it('counts other signs of life, which it does not pass on, and unsubscribes from them', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = hot('        --a------------------');
      const signs$ = hot('         ------x---x----------');
      const subscription = '       ^---------------!';
      const expected = '           --a-------------#';
      expectObservable(source$.pipe(failOnSilence(6, scheduler, signs$))).toBe(expected, undefined, silent);
      expectSubscriptions(signs$.subscriptions).toBe(subscription);
    });
  });

  it('keeps the time of each subscriber', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const watched$ = hot('       --a-----------------').pipe(failOnSilence(6, scheduler));
      expectObservable(watched$).toBe('--a-----#', undefined, silent);
      expectObservable(watched$, '   ---^').toBe('---------#', undefined, silent);
    });
  });

  it('does not count while nothing can come, and begins anew when it can', () => {
    marbles(({ hot, cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = hot('        --a----------------b-------');
      const connected$ = cold('    y---n----------y-----------', { y: true, n: false });
      const expected = '           --a----------------b-----#';
      const subscription = '       ^------------------------!';
      const watched$ = source$.pipe(failOnSilence(6, scheduler, EMPTY, connected$));
      expectObservable(watched$).toBe(expected, undefined, silent);
      expectSubscriptions(connected$.subscriptions).toBe(subscription);
    });
  });

  it('errors with what connected$ fails with, and goes on where that completes', () => {
    marbles(({ hot, cold, expectObservable }, scheduler) => {
      const source$ = hot('--a-----');
      const failing$ = cold<boolean>('y---#', { y: true }, 'broken');
      expectObservable(source$.pipe(failOnSilence(6, scheduler, EMPTY, failing$))).toBe(
        '--a-#',
        undefined,
        'broken',
      );
      const completing$ = cold<boolean>('y---|', { y: true });
      expectObservable(source$.pipe(failOnSilence(6, scheduler, EMPTY, completing$))).toBe(
        '--a-----#',
        undefined,
        silent,
      );
    });
  });
});
