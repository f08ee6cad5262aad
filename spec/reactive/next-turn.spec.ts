import { config, lastValueFrom, type ObservableNotification, toArray } from 'rxjs';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

describe('nextTurn$', () => {
  it('emits to each subscriber once, after the microtasks of this turn, and completes', async () => {
    const heard = listen(nextTurn$);
    await Promise.resolve();
    expect(heard).toStrictEqual([]);
    await turn();
    expect(heard).toEqual([undefined, 'complete']);
    const later = listen(nextTurn$);
    await turn();
    expect(later).toEqual([undefined, 'complete']);
    expect(heard).toHaveLength(2);
  });

  it('emits nothing to who has unsubscribed', async () => {
    const next = jest.fn();
    nextTurn$.subscribe(next).unsubscribe();
    await turn();
    expect(next).not.toHaveBeenCalled();
  });

  it('tells nobody who leaves with it anything more, of which RxJS would hear as too late', async () => {
    const late: ObservableNotification<unknown>[] = [];
    config.onStoppedNotification = (notification) => late.push(notification);
    try {
      const heard = new Promise<void>((resolve) => {
        const subscription = nextTurn$.subscribe(() => {
          subscription.unsubscribe();
          resolve();
        });
      });
      await heard;
      await new Promise((resolve) => setTimeout(resolve)); // RxJS tells of it in a timer
      expect(late).toStrictEqual([]);
    } finally {
      config.onStoppedNotification = null;
    }
  });

  it('emits after a timer in browsers, which have no setImmediate', async () => {
    const { setImmediate } = globalThis;
    try {
      Object.assign(globalThis, { setImmediate: undefined });
      await jest.isolateModulesAsync(async () => {
        const { nextTurn$: inBrowsers$ } = await import('../../src/reactive/next-turn.js');
        expect(await lastValueFrom(inBrowsers$.pipe(toArray()))).toHaveLength(1);
      });
    } finally {
      Object.assign(globalThis, { setImmediate });
    }
  });
});
