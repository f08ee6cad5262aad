import {
  asyncScheduler,
  BehaviorSubject,
  lastValueFrom,
  map,
  NEVER,
  type SchedulerLike,
  startWith,
  take,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { MuxList } from '../../src/inspector/mux-list.js';
import { FIRST_REQUEST, type Request } from '../../src/inspector/request.js';
import { watch } from '../../src/inspector/watch.js';
import { muxPair } from '../../src/testing.js';
import { FakeChannel, FakeMux } from './fake-mux.js';

const every10: Request = { ...FIRST_REQUEST, interval: 10 };

describe('watching', () => {
  let scheduler: TestScheduler;
  let list: MuxList;

  beforeEach(() => {
    scheduler = new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    });
    list = new MuxList(() => scheduler.now());
  });

  const requests = { a: every10, b: { ...every10, interval: 5 }, p: { ...every10, paused: true } };

  it('gives a picture at once and then one every interval, as the newest request says', () => {
    scheduler.run(({ hot, expectObservable }) => {
      const at$ = watch(list, hot('--a------------b', requests), () => true, scheduler).pipe(
        map(({ at }) => at % 100),
      );
      expectObservable(at$, '^----------------------!').toBe('--a---------b--c----d--', {
        a: 2,
        b: 12,
        c: 15,
        d: 20,
      });
    });
  });

  it('gives one picture of the moment before for each request that is paused', () => {
    scheduler.run(({ hot, expectObservable }) => {
      const at$ = watch(list, hot('a---p---p---', requests), () => true, scheduler).pipe(map(({ at }) => at));
      expectObservable(at$, '^------------------------------!').toBe('a---b---c---', { a: 0, b: 0, c: 0 });
    });
  });

  it('gives none while the last one has not been taken', () => {
    scheduler.run(({ hot, expectObservable }) => {
      const isTaken$ = new BehaviorSubject(true);
      hot('-----n-------------------------y', { n: false, y: true }).subscribe(isTaken$);
      const at$ = watch(list, hot('a', requests), () => isTaken$.value, scheduler).pipe(map(({ at }) => at));
      expectObservable(at$, '^-----------------------------------------!').toBe(
        'a---------------------------------------b',
        {
          a: 0,
          b: 40,
        },
      );
    });
  });

  it('gives the one of a paused request when the last one has been taken', () => {
    scheduler.run(({ hot, expectObservable }) => {
      let isTaken = false;
      hot('-----y').subscribe(() => {
        isTaken = true;
      });
      const picture$ = watch(list, hot('p', requests), () => isTaken, scheduler).pipe(
        map(({ channels }) => channels),
      );
      expectObservable(picture$, '^------------------------!').toBe('----------a', { a: 0 });
    });
  });

  /** Has a mux that takes 4 ms to look at. Returns the scheduler whose clock counts them. */
  const looksFor4ms = (): SchedulerLike => {
    let lost = 0;
    const mux = new FakeMux(new FakeChannel());
    const stats = mux.stats.bind(mux);
    mux.stats = () => {
      lost += 4;
      return stats();
    };
    list.add(mux);
    return { now: () => scheduler.now() + lost, schedule: scheduler.schedule.bind(scheduler) };
  };

  it('looks less often where to look takes long', () => {
    scheduler.run(({ hot, expectObservable }) => {
      const slow = looksFor4ms();
      const seen$ = watch(list, hot('a', requests), () => true, slow).pipe(map(() => 'x'));
      expectObservable(seen$, '^-------------------------------------------!').toBe(
        'x-------------------x-------------------x',
      );
    });
  });

  it('looks no more often than that, however many requests come', () => {
    scheduler.run(({ hot, expectObservable }) => {
      const slow = looksFor4ms();
      const requests$ = hot('abababababababababababababababababababababababab', requests);
      const seen$ = watch(list, requests$, () => true, slow).pipe(map(() => 'x'));
      expectObservable(seen$, '^-------------------------------------------!').toBe(
        'x-------------------x-------------------x',
      );
    });
  });

  it('goes on where the clock of the system is put forward while it looks', async () => {
    const clock = jest.spyOn(Date, 'now');
    try {
      const mux = new FakeMux(new FakeChannel());
      const stats = mux.stats.bind(mux);
      mux.stats = () => {
        clock.mockReturnValue(Date.now() + 3_600_000);
        return stats();
      };
      list.add(mux);
      const request$ = NEVER.pipe(startWith(every10));
      const two$ = watch(list, request$, () => true, asyncScheduler).pipe(take(2));
      expect(await lastValueFrom(two$)).toMatchObject({ channels: 1 });
    } finally {
      clock.mockRestore();
    }
  });

  it('finds, over a real mux, the channel that the peer does not read', () => {
    scheduler.run(({ hot, flush, expectObservable }) => {
      const { near, far } = muxPair({ scheduler, delay: 1 });
      far.channels$.subscribe(); // and reads nothing
      list.add(near, 'edge');
      const channel = near.open('orders');
      channel.outbound$.next(Buffer.alloc(100_000));
      const row$ = watch(list, hot('------------------a', requests), () => true, scheduler).pipe(
        map(({ rows: [row] }) => [row?.label, row?.wait?.for, row?.window, row?.queued, row?.muxName]),
      );
      expectObservable(row$, '^--------------------!').toBe('------------------a', {
        a: ['orders', 'credit', 1, 100_000 - 65_536, 'edge'],
      });
      flush();
      near.destroy();
    });
  });
});
