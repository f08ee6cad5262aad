import { config, type Observable, type ObservableNotification, of, throwError } from 'rxjs';
import type { RemoteObservable } from '../../src/remote.js';
import { all, connected, failure, one } from './support.js';

describe('RxJS', () => {
  interface Calls {
    sum(numbers$: Observable<number>): Promise<number>;
    echo(numbers$: Observable<number>): Observable<number>;
    fail(): Observable<number>;
  }
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

  it('hears of nothing that comes too late where a stream has ended before its call, nor where a result fails', async () => {
    const { api } = connected<Calls>({
      sum: async (numbers$) => {
        let total = 0;
        for await (const number of numbers$) {
          total += number;
        }
        return total;
      },
      echo: (numbers$: RemoteObservable<number>) => numbers$,
      fail: () => throwError(() => new Error('of the handler')),
    });
    expect(await one(api.sum(of(1, 2)))).toBe(3);
    expect(await all(api.echo(of(1, 2)))).toEqual([1, 2]);
    expect(await failure(api.fail())).toMatchObject({ code: 'INTERNAL' });
    await told();
    expect(late).toEqual([]);
  });
});
