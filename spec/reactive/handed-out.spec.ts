import { config, filter, type Subject } from 'rxjs';
import { Broadcast } from '../../src/reactive/broadcast.js';
import { State } from '../../src/reactive/state.js';
import { listen } from '../support/listen.js';

describe.each<[string, () => Subject<number>]>([
  ['Broadcast', () => new Broadcast()],
  ['State', () => new State(0)],
])('%s', (_, make) => {
  afterEach(() => {
    config.onUnhandledError = null;
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = false;
  });

  const listenToNew = (subject$: Subject<number>): unknown[] => listen(subject$.pipe(filter(Boolean)));

  it('goes on where somebody calls unsubscribe() on it', () => {
    const subject$ = make();
    const seen = listenToNew(subject$);
    subject$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
    subject$.next(1);
    subject$.complete();
    expect(seen).toEqual([1, 'complete']);
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
    const [completed$, failed$] = [make(), make()];
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
    const seen = [completed$, failed$].map(listenToNew);
    completed$.next(1);
    completed$.complete();
    failed$.error(ofError);
    expect(seen).toEqual([[1, 'complete'], [ofError]]);
    await all;
    expect(reported).toEqual([ofNext, ofEnd, ofError]);
  });
});
