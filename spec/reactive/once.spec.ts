import { config, finalize, firstValueFrom, NEVER, type ObservableNotification, take, takeUntil } from 'rxjs';
import { Once } from '../../src/reactive/once.js';
import { State } from '../../src/reactive/state.js';
import { stillAlive } from '../hostile/support/heap.js';
import { listen } from '../support/listen.js';

const thrower = (error: Error): never => {
  throw error;
};

describe('Once', () => {
  it('emits and completes, for late subscribers too', () => {
    const once$ = new Once<string>();
    const early = listen(once$);
    expect(early).toStrictEqual([]);
    once$.settle('now');
    expect(early).toEqual(['now', 'complete']);
    expect(listen(once$)).toEqual(['now', 'complete']);
  });

  it('tells early and late that it has failed, or that it will not happen', () => {
    const failed$ = new Once<string>();
    const never$ = new Once<string>();
    const early = [listen(failed$), listen(never$)];
    failed$.error('broken');
    never$.complete();
    expect([...early, listen(failed$), listen(never$)]).toEqual([
      ['broken'],
      ['complete'],
      ['broken'],
      ['complete'],
    ]);
  });

  it('happens once', () => {
    const once$ = new Once<number>();
    const heard = listen(once$);
    once$.settle(1);
    once$.settle(2);
    once$.error('late');
    once$.complete();
    expect([heard, listen(once$)]).toEqual([
      [1, 'complete'],
      [1, 'complete'],
    ]);
  });

  it('tells nobody who has left meanwhile, or with its value, of which RxJS would hear as too late', async () => {
    const late: ObservableNotification<unknown>[] = [];
    config.onStoppedNotification = (notification) => late.push(notification);
    try {
      const [settled$, failed$] = [new Once<string>(), new Once<string>()];
      const heard = [listen(NEVER.pipe(takeUntil(settled$))), listen(settled$.pipe(take(1)))];
      for (const once$ of [settled$, failed$]) {
        const leave = (): void => {
          second.unsubscribe();
        };
        once$.subscribe({ next: leave, error: leave });
        const second = once$.subscribe({ error: leave });
      }
      settled$.settle('now');
      failed$.error('broken');
      heard.push(listen(settled$.pipe(take(1))));
      expect(await firstValueFrom(settled$)).toBe('now');
      await new Promise((resolve) => setTimeout(resolve)); // RxJS tells of it in a timer
      expect(heard).toEqual([['complete'], ['now', 'complete'], ['now', 'complete']]);
      expect(late).toStrictEqual([]);
    } finally {
      config.onStoppedNotification = null;
    }
  });

  it('tells everybody, and returns, where somebody throws when it is let go of, and reports that', async () => {
    const thrown = [new Error('of one that settles'), new Error('of one that fails')];
    const reported = new Promise<string>((resolve) => {
      let all = '';
      config.onUnhandledError = (error) => {
        all += String(error);
        if (thrown.every(({ message }) => all.includes(message))) {
          resolve(all);
        }
      };
    });
    try {
      const heard = thrown.map((error, at) => {
        const once$ = new Once<string>();
        once$.pipe(finalize(() => thrower(error))).subscribe({ error: () => undefined });
        const others = listen(once$);
        if (at === 0) {
          once$.settle('now');
        } else {
          once$.error('broken');
        }
        return others;
      });
      expect(heard).toEqual([['now', 'complete'], ['broken']]);
      await reported;
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('keeps nobody who has left', async () => {
    const once$ = new Once<void>();
    const subscriptions = Array.from({ length: 100 }, () => {
      const subscription = once$.subscribe();
      subscription.unsubscribe();
      return new WeakRef(subscription);
    });
    expect(await stillAlive(subscriptions)).toBeLessThan(10);
    once$.settle();
  });

  it('tells those who are left, whoever leaves before or meanwhile, and whoever comes meanwhile', () => {
    const once$ = new Once<string>();
    const left = jest.fn();
    once$.subscribe(left).unsubscribe();
    const late: unknown[] = [];
    once$.subscribe(() => {
      leaving.unsubscribe();
      once$.subscribe((value) => late.push(value));
    });
    const leaving = once$.subscribe(left);
    const last = listen(once$);
    once$.settle('now');
    expect(left).not.toHaveBeenCalled();
    expect(late).toEqual(['now']);
    expect(last).toEqual(['now', 'complete']);
  });
});

describe('State', () => {
  it('goes on telling everybody where somebody unsubscribes it instead of a subscription', () => {
    const state$ = new State(1);
    const heard = listen(state$);
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- the mistake that this is about
    state$.unsubscribe();
    state$.next(2);
    expect(heard).toEqual([1, 2]);
    expect(state$.value).toBe(2);
  });
});
