import {
  concatMap,
  interval,
  map,
  mergeMap,
  type Observable,
  type SchedulerLike,
  take,
  tap,
  timer,
} from 'rxjs';
import {
  type Handlers,
  remote,
  type Remote,
  RemoteError,
  type RemoteOptions,
  serve,
  type ServeOptions,
} from '../src/remote.js';
import { muxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';

interface Feeds {
  feed(): Observable<string>;
  chat(mine$: Observable<string>): Observable<string>;
}

interface Settings {
  readonly scheduler: SchedulerLike;
  readonly serve?: ServeOptions<Feeds>;
  readonly remote?: RemoteOptions;
  readonly delay?: number;
}

/** So many ms later, when each side knows what the other one is: then the arguments leave with the opening. */
function later<T>(call$: Observable<T>): Observable<T> {
  return timer(10).pipe(mergeMap(() => call$));
}

/** Feeds at the other end of a line of 2 ms. */
function feeds(
  handlers: Partial<Handlers<Feeds>>,
  { scheduler, serve: serveOptions, remote: remoteOptions, delay = 2 }: Settings,
): Remote<Feeds> {
  const { near, far } = muxPair({ scheduler, delay });
  serve<Feeds>(far, handlers as Handlers<Feeds>, serveOptions);
  return remote<Feeds>(near, remoteOptions);
}

describe('a call', () => {
  it('takes one way there, and values one way back', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = cold('--a-b|');
      const api = feeds({ feed: () => source$ }, { scheduler });
      expectObservable(later(api.feed())).toBe('10ms ------a-b|');
      expectSubscriptions(source$.subscriptions).toBe('10ms --^----!');
    });
  });

  it('that is unsubscribed lets go of the source one way later', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = cold('a-b-c-d-e');
      const api = feeds({ feed: () => source$ }, { scheduler });
      expectObservable(later(api.feed()), '17ms !').toBe('10ms ----a-b');
      expectSubscriptions(source$.subscriptions).toBe('10ms --^------!');
    });
  });

  it('carries an error with its code', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const error = new RemoteError('CODE', 'words');
      const api = feeds({ feed: () => cold('a-#', undefined, error) }, { scheduler });
      expectObservable(later(api.feed())).toBe('10ms ----a-#', undefined, error);
    });
  });

  it('carries streams both ways, each of which lets go of the other', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const mine$ = cold('a-b-c-d-e-f-g');
      const api = feeds(
        {
          chat: (theirs$) =>
            theirs$.pipe(
              take(3),
              map((text) => text.toUpperCase()),
            ),
        },
        { scheduler },
      );
      expectObservable(later(api.chat(mine$))).toBe('10ms ----A-B-(C|)');
      expectSubscriptions(mine$.subscriptions).toBe('10ms ^-------!');
    });
  });
});

describe('a deadline', () => {
  const late = new RemoteError('DEADLINE', 'the call has taken longer than 10 ms');

  it('fails the call, and lets go of the source by itself', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const source$ = cold('a');
      const api = feeds(
        { feed: () => source$ },
        { scheduler, delay: 4, remote: { deadline: 10, scheduler } },
      );
      expectObservable(later(api.feed())).toBe('10ms --------a-#', undefined, late);
      expectSubscriptions(source$.subscriptions).toBe('10ms ----^---------!');
    });
  });

  it('is held by the far side, too, where it hears nothing of the caller', () => {
    marbles(({ cold, expectSubscriptions, expectObservable }, scheduler) => {
      const source$ = cold('a');
      const { near, far } = muxPair({ scheduler, delay: 2, near: { extensions: false } });
      serve<Feeds>(far, { feed: () => source$ } as unknown as Handlers<Feeds>);
      const api = remote<Feeds>(near, { deadline: 10, scheduler });
      expectObservable(later(api.feed())).toBe('10ms --------a-#', undefined, late);
      expectSubscriptions(source$.subscriptions).toBe('10ms ------^-----!');
    });
  });

  it('does nothing to a call that has ended before', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const api = feeds({ feed: () => cold('a|') }, { scheduler, remote: { deadline: 10, scheduler } });
      expectObservable(later(api.feed())).toBe('10ms ----a|');
    });
  });
});

describe('a slow reader', () => {
  /** Takes `ms` for each value. */
  function slowly(api: Remote<Feeds>, ms: number): Observable<string> {
    return api.feed().deliveries$.pipe(
      concatMap(({ value, ack }) =>
        timer(ms).pipe(
          map(() => value),
          tap(ack),
        ),
      ),
    );
  }

  /** A value takes 8 bytes with its length and kind: one fits. */
  const ONE = { highWaterMark: 8, maxHighWaterMark: 8, sendHighWaterMark: 1 };

  it("gets the latest value with overflow: 'latest', and holds up nobody", () => {
    marbles(({ expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, delay: 1 });
      function values(): Observable<string> {
        return interval(1, scheduler).pipe(
          map((n) => String.fromCharCode(97 + n)),
          take(20),
        );
      }
      serve<Feeds>(far, { feed: values } as unknown as Handlers<Feeds>, { overflow: 'latest', channel: ONE });
      const slow = remote<Feeds>(near, { channel: ONE });
      const fast = remote<Feeds>(near);
      expectObservable(later(fast.feed())).toBe('10ms ---abcdefghijklmnopqrs(t|)');
      expectObservable(later(slowly(slow, 10))).toBe('10ms 13ms a 11ms b 11ms m 11ms (t|)');
    });
  });
});
