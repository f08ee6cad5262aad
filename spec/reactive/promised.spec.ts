import { config, type ObservableNotification } from 'rxjs';
import { promised } from '../../src/reactive/promised.js';
import { listen } from '../support/listen.js';

describe('what a promise brings', () => {
  const late: ObservableNotification<unknown>[] = [];

  beforeEach(() => {
    late.length = 0;
    config.onStoppedNotification = (notification) => late.push(notification);
  });
  afterEach(() => {
    config.onStoppedNotification = null;
  });

  /** RxJS tells of it in a timer. */
  const told = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

  it('is emitted, and what it fails with is the error', async () => {
    const error = new Error('no');
    const resolved = listen(promised(Promise.resolve(1)));
    const rejected = listen(promised(Promise.reject(error)));
    await told();
    expect([resolved, rejected]).toEqual([[1, 'complete'], [error]]);
  });

  it('is an error where it throws as it is asked', async () => {
    const error = new Error('no promise');
    const heard = listen(
      promised({
        then: () => {
          throw error;
        },
      }),
    );
    await told();
    expect(heard).toEqual([error]);
  });

  it('is no news to whoever has left, nor to RxJS', async () => {
    for (const promise of [Promise.resolve(1), Promise.reject(new Error('too late'))]) {
      const values: unknown[] = [];
      promised(promise)
        .subscribe((value) => values.push(value))
        .unsubscribe();
      await told();
      expect(values).toEqual([]);
    }
    expect(late).toEqual([]);
  });
});
