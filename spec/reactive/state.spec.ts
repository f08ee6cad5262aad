import { config } from 'rxjs';
import { State } from '../../src/reactive/state.js';
import { listen } from '../support/listen.js';

describe('State', () => {
  afterEach(() => {
    config.onUnhandledError = null;
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = false;
  });

  it('goes on where somebody calls unsubscribe() on it', () => {
    const state$ = new State(1);
    const seen = listen(state$);
    state$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
    state$.change(2);
    state$.complete();
    expect(seen).toEqual([1, 2, 'complete']);
  });

  it('tells everybody, and returns, where RxJS is told to throw what a subscriber throws', async () => {
    const reported: unknown[] = [];
    const [ofNext, ofEnd, ofError] = [new Error('next'), new Error('end'), new Error('error')];
    const all = new Promise<void>((resolve) => {
      config.onUnhandledError = (error) => {
        if (reported.push(error) === 3) {
          resolve();
        }
      };
    });
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = true;
    const [completed$, failed$] = [new State(0), new State(0)];
    completed$.subscribe({
      next: (value) => {
        if (value > 0) {
          throw ofNext;
        }
      },
      complete: () => {
        throw ofEnd;
      },
    });
    failed$.subscribe(); // handles no error
    const seen = [completed$, failed$].map((state$) => listen(state$));
    completed$.change(1);
    completed$.complete();
    failed$.error(ofError);
    expect(seen).toEqual([
      [0, 1, 'complete'],
      [0, ofError],
    ]);
    await all;
    expect(reported).toEqual([ofNext, ofEnd, ofError]);
  });
});
