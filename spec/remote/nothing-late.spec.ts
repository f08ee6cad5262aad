import {
  config,
  NEVER,
  type Observable,
  type ObservableNotification,
  of,
  take,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { remote, RemoteError, type RemoteObservable } from '../../src/remote.js';
import { all, connected, failure, one, Signal } from './support.js';

describe('RxJS', () => {
  interface Calls {
    sum(numbers$: Observable<number>): Promise<number>;
    echo(numbers$: Observable<number>): Observable<number>;
    first(numbers$: Observable<number>): Observable<number>;
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

  it('hears of nothing that comes too late where a stream has ended or is left before its call, nor where a result fails', async () => {
    const { api } = connected<Calls>({
      sum: async (numbers$) => {
        let total = 0;
        for await (const number of numbers$) {
          total += number;
        }
        return total;
      },
      echo: (numbers$: RemoteObservable<number>) => numbers$,
      first: (numbers$) => numbers$.pipe(take(1)),
      fail: () => throwError(() => new Error('of the handler')),
    });
    expect(await one(api.sum(of(1, 2)))).toBe(3);
    expect(await all(api.echo(of(1, 2)))).toEqual([1, 2]);
    expect(await all(api.first(of(1, 2)))).toEqual([1]);
    const refused = new RemoteError('REFUSED', 'no');
    expect(await failure(api.echo(throwError(() => refused)))).toBe(refused);
    expect(await failure(api.fail())).toMatchObject({ code: 'INTERNAL' });
    await told();
    expect(late).toEqual([]);
  });

  it('hears of nothing that comes too late where a deadline comes, at the caller or at the far side', async () => {
    interface Waits {
      wait(): Observable<number>;
    }
    const far = new Signal<unknown>();
    const { api, near } = connected<Waits>(
      ({ signal }) => {
        signal.addEventListener('abort', () => {
          far.happen(signal.reason);
        });
        return { wait: () => NEVER };
      },
      { remote: { deadline: 5, scheduler: new VirtualTimeScheduler() } }, // in which it comes at the far side alone
    );
    expect(await failure(api.wait())).toMatchObject({ code: 'DEADLINE' });
    expect(await far.happened).toMatchObject({ code: 'DEADLINE' });
    expect(await failure(remote<Waits>(near, { deadline: 5 }).wait())).toMatchObject({ code: 'DEADLINE' });
    await told();
    expect(late).toEqual([]);
  });
});
