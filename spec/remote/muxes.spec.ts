import { concat, defer, NEVER, Observable, of, ReplaySubject, Subject, throwError } from 'rxjs';
import { CarrierEndedError, ChannelError } from '../../src/index.js';
import { type Remote, remote, RemoteError, type RemoteOptions, serve } from '../../src/remote.js';
import { muxPair, type MuxPair } from '../../src/testing.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { all, failure, one, Signal } from './support.js';

expectNothingUnhandled();

interface Feeds {
  feed(name: string): Observable<string>;
}

/** One connection after the other: each serves feeds with its own name, which do not end. */
class Connections {
  readonly muxes$ = new ReplaySubject<MuxPair['near']>(1);
  readonly pairs: MuxPair[] = [];
  readonly called: string[] = [];

  connect(): MuxPair {
    const number = this.pairs.length;
    const pair = muxPair();
    for (const { channels$ } of [pair.near, pair.far]) {
      channels$.subscribe({ error: () => undefined });
    }
    serve<Feeds>(pair.far, {
      feed: (name) => {
        this.called.push(`${name} ${number}`);
        return new Observable((subscriber) => {
          subscriber.next(`${name} ${number}`);
        });
      },
    });
    this.pairs.push(pair);
    this.muxes$.next(pair.near);
    return pair;
  }
}

/** What is heard, and when there are so many of it. */
function hearing(values$: Observable<string>): {
  readonly heard: unknown[];
  readonly count: (n: number) => Promise<void>;
  readonly stop: () => void;
} {
  const heard: unknown[] = [];
  const more$ = new Subject<void>();
  const hear = (what: unknown): void => {
    heard.push(what);
    more$.next();
  };
  const subscription = values$.subscribe({
    next: hear,
    error: hear,
    complete: () => {
      hear('complete');
    },
  });
  return {
    heard,
    count: async (n) => {
      while (heard.length < n) {
        await one(more$);
      }
    },
    stop: () => {
      subscription.unsubscribe();
    },
  };
}

const carrierEnded = expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED' }) as unknown;

describe('calls over one mux after the other', () => {
  it('wait for the first one', async () => {
    const connections = new Connections();
    const { heard, count, stop } = hearing(remote<Feeds>(connections.muxes$).feed('a'));
    expect(connections.called).toEqual([]);
    connections.connect();
    await count(1);
    expect(heard).toEqual(['a 0']);
    stop();
  });

  it.each([
    ['forward', 3_600_000],
    ['back', -(2 ** 40)],
  ])('say what is left of their deadline, though the clock has been put %s meanwhile', async (_how, by) => {
    const muxes$ = new Subject<MuxPair['near']>();
    const heard: unknown[] = [];
    const call = remote<Feeds>(muxes$, { deadline: 60_000 })
      .feed('late')
      .subscribe({ error: (error: unknown) => heard.push(error) });
    const { near, far } = muxPair();
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + by);
    muxes$.next(near);
    clock.mockRestore(); // the line has timers of its own
    expect(heard).toEqual([]);
    const { handshake } = await one(far.channels$);
    const left = handshake?.readUInt32BE('\0rxcall'.length + 1);
    expect(left).toBeGreaterThan(1000);
    expect(left).toBeLessThanOrEqual(60_000);
    call.unsubscribe();
    near.destroy();
  });

  it('are made once where `metadata` has the next one come', async () => {
    const connections = new Connections();
    const first = connections.connect();
    const metadata = (): void => {
      if (connections.pairs.length === 1) {
        connections.connect();
      }
    };
    const { heard, count, stop } = hearing(remote<Feeds>(connections.muxes$, { metadata }).feed('a'));
    await count(1);
    expect(connections.pairs.map(({ near }) => near.openChannels.size)).toEqual([1, 0]);
    expect(heard).toEqual(['a 0']);
    const isOver = one(first.near.removed$);
    stop();
    await isOver;
    expect(connections.called).toEqual(['a 0']);
  });

  it('fail with what `metadata` throws, also where that is what another mux has failed with', async () => {
    const connections = new Connections();
    const error = new CarrierEndedError();
    const metadata = (): void => {
      throw error;
    };
    connections.connect();
    expect(await failure(remote<Feeds>(connections.muxes$, { metadata }).feed('a'))).toBe(error);
  });

  it('go on to the next one where `metadata` has that come, and the one at hand is over by then', async () => {
    const connections = new Connections();
    const first = connections.connect();
    const metadata = (): void => {
      if (connections.pairs.length === 1) {
        first.near.destroy();
        connections.connect();
      }
    };
    const { heard, count, stop } = hearing(remote<Feeds>(connections.muxes$, { metadata }).feed('a'));
    await count(1);
    expect(heard).toEqual(['a 1']);
    stop();
  });

  it('subscribe to the muxes at the first call, once for all, and for good', async () => {
    const connections = new Connections();
    let [begun, letGo] = [0, 0];
    const muxes$ = new Observable<MuxPair['near']>((subscriber) => {
      begun += 1;
      subscriber.next(connections.connect().near);
      return () => {
        letGo += 1;
      };
    });
    const api = remote<Feeds>(muxes$);
    expect(begun).toBe(0);
    expect(await Promise.all([one(api.feed('a')), one(api.feed('b'))])).toEqual(['a 0', 'b 0']);
    expect(await one(api.feed('c'))).toBe('c 0');
    expect([begun, letGo]).toEqual([1, 0]);
  });

  it('fail with what broke them, unless told otherwise, and the next one waits', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$);
    const { cut } = connections.connect();
    const first = hearing(api.feed('a'));
    await first.count(1);
    cut();
    await first.count(2);
    expect(first.heard).toEqual(['a 0', carrierEnded]);
    const second = hearing(api.feed('b'));
    connections.connect();
    await second.count(1);
    expect(second.heard).toEqual(['b 1']);
    second.stop();
  });

  it.each<[string, RemoteOptions['resubscribe']]>([
    ['always', true],
    ['where a function says so', (error, method) => error instanceof CarrierEndedError && method === 'feed'],
  ])('are made anew on the next mux: %s', async (_, resubscribe) => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$, { resubscribe });
    const { heard, count, stop } = hearing(api.feed('a'));
    for (let n = 0; n < 3; n += 1) {
      const { cut } = connections.connect();
      await count(n + 1);
      cut();
      await one(connections.pairs[n]?.near.closed$ ?? of());
    }
    connections.connect();
    await count(4);
    expect(heard).toEqual(['a 0', 'a 1', 'a 2', 'a 3']);
    stop();
  });

  it('stay where they are while their mux is there, and go to the newest when it is not', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$, { resubscribe: true });
    const { cut } = connections.connect();
    const { heard, count, stop } = hearing(api.feed('a'));
    await count(1);
    connections.connect();
    connections.connect();
    expect(await one(api.feed('b'))).toBe('b 2');
    expect(heard).toEqual(['a 0']);
    cut();
    await count(2);
    expect(heard).toEqual(['a 0', 'a 2']);
    stop();
  });

  it('carry a stream over, which begins anew', async () => {
    interface Echoes {
      echo(mine$: Observable<string>): Observable<string>;
    }
    const muxes$ = new ReplaySubject<MuxPair['near']>(1);
    const pairs = [muxPair(), muxPair()];
    for (const { far, near } of pairs) {
      far.channels$.subscribe({ error: () => undefined });
      near.channels$.subscribe({ error: () => undefined });
      serve<Echoes>(far, { echo: (mine$) => mine$ });
    }
    let begun = 0;
    const mine$ = new Observable<string>((subscriber) => {
      begun += 1;
      subscriber.next(`time ${begun}`);
    });
    const { heard, count, stop } = hearing(remote<Echoes>(muxes$, { resubscribe: true }).echo(mine$));
    for (const [index, { near, cut }] of pairs.entries()) {
      muxes$.next(near);
      await count(index + 1);
      if (index === 0) {
        cut();
      }
    }
    expect(heard).toEqual(['time 1', 'time 2']);
    stop();
  });

  it('fail where a function says no, or throws', async () => {
    const connections = new Connections();
    const error = new Error('thrown');
    const answers = [
      (): boolean => false,
      (): boolean => {
        throw error;
      },
    ];
    for (const [index, resubscribe] of answers.entries()) {
      const { cut } = connections.connect();
      const { heard, count } = hearing(remote<Feeds>(connections.muxes$, { resubscribe }).feed('a'));
      await count(1);
      cut();
      await count(2);
      expect(heard).toEqual([`a ${index}`, [carrierEnded, error][index]]);
    }
  });

  it('fail with an error of the far side whatever resubscribe says', async () => {
    const { near, far } = muxPair();
    serve<Feeds>(far, { feed: () => throwError(() => new RemoteError('CODE', 'words')) });
    let asked = 0;
    const api = remote<Feeds>(of(near).pipe(), {
      resubscribe: () => {
        asked += 1;
        return true;
      },
    });
    expect(await failure(api.feed('a'))).toMatchObject({ code: 'CODE' });
    expect(asked).toBe(0);
  });

  it('fail with an error of the far side, too, that is read when the mux has gone', async () => {
    const { near, far, cut } = muxPair();
    for (const { channels$ } of [near, far]) {
      channels$.subscribe({ error: () => undefined });
    }
    const failed$ = throwError(() => new RemoteError('CODE', 'words'));
    serve<Feeds>(far, { feed: () => concat(of('a', 'b', 'c'), failed$) });
    let asked = 0;
    const api = remote<Feeds>(concat(of(near), NEVER), {
      resubscribe: () => {
        asked += 1;
        return true;
      },
    });
    const values = api.feed('a')[Symbol.asyncIterator]();
    expect(await values.next()).toMatchObject({ value: 'a' });
    cut();
    expect(await values.next()).toMatchObject({ value: 'b' });
    expect(await values.next()).toMatchObject({ value: 'c' });
    await expect(values.next()).rejects.toMatchObject({ code: 'CODE' });
    expect(asked).toBe(0);
  });

  it('wait for the next mux where the one that they have accepts no more', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$);
    const { far, near } = connections.connect();
    await one(api.feed('before'));
    const goingAway = new Signal();
    near.goingAway$.subscribe(goingAway.happen);
    void far.close();
    await goingAway.happened;
    const { heard, count, stop } = hearing(api.feed('a'));
    connections.connect();
    await count(1);
    expect(heard).toEqual(['a 1']);
    stop();
  });

  describe('that cross the word that no more are taken', () => {
    interface Echoes extends Feeds {
      echo(mine$: Observable<string>): Observable<string>;
    }

    /** Muxes, of which the first is kept by a call that does not end; and a call that crosses the end of that mux. */
    async function crossing(call: (api: Remote<Echoes>) => Observable<string>, options: RemoteOptions = {}) {
      const muxes$ = new ReplaySubject<MuxPair['near']>(1);
      const called: string[] = [];
      const connect = (): MuxPair => {
        const pair = muxPair();
        for (const { channels$ } of [pair.near, pair.far]) {
          channels$.subscribe({ error: () => undefined });
        }
        serve<Echoes>(pair.far, {
          feed: (name) => {
            called.push(name);
            return concat(of(name), NEVER);
          },
          echo: (mine$) => mine$,
        });
        muxes$.next(pair.near);
        return pair;
      };
      const { far, near } = connect();
      const api = remote<Echoes>(muxes$, options);
      const first = hearing(api.feed('first'));
      await first.count(1);
      const goingAway = one(near.goingAway$);
      void far.close();
      const crossed = hearing(call(api));
      await goingAway;
      return { muxes$, connect, called, ...crossed };
    }

    const goingAway = expect.objectContaining({ name: 'RemoteError', code: 'GOING_AWAY' }) as unknown;

    /** A stream that is not to be begun twice, unless somebody says so. */
    function stream(): { readonly mine$: Observable<string>; readonly begun: () => number } {
      let begun = 0;
      return {
        mine$: defer(() => {
          begun += 1;
          return concat(of(`time ${begun}`), NEVER);
        }),
        begun: () => begun,
      };
    }

    it('are made on the next mux, since nobody has looked at them', async () => {
      const { connect, count, heard, called, stop } = await crossing((api) => api.feed('a'));
      connect();
      await count(1);
      expect(heard).toEqual(['a']);
      expect(called).toEqual(['first', 'a']);
      stop();
    });

    it('fail where no mux will come', async () => {
      const { muxes$, count, heard } = await crossing((api) => api.feed('a'));
      muxes$.complete();
      await count(1);
      expect(heard).toEqual([goingAway]);
    });

    it('fail with a stream, which has begun, unless told otherwise', async () => {
      const { mine$, begun } = stream();
      const { count, heard } = await crossing((api) => api.echo(mine$));
      await count(1);
      expect(heard).toEqual([goingAway]);
      expect(begun()).toBe(1);
    });

    it('are made anew with a stream, which begins anew, where they may be', async () => {
      const { mine$, begun } = stream();
      const { connect, count, heard, stop } = await crossing((api) => api.echo(mine$), { resubscribe: true });
      connect();
      await count(1);
      expect(heard).toEqual(['time 2']);
      expect(begun()).toBe(2);
      stop();
    });

    it('fail where there is but one mux', async () => {
      const connections = new Connections();
      const { far, near } = connections.connect();
      const api = remote<Feeds>(near);
      const first = hearing(api.feed('first'));
      await first.count(1);
      void far.close();
      expect(await failure(api.feed('a'))).toEqual(goingAway);
      first.stop();
    });

    it('fail where it is not their mux that says so', async () => {
      const { far, near } = muxPair();
      far.channels$.subscribe((channel) => {
        channel.reject(new ChannelError('GOING_AWAY', 'the service behind this one takes no more'));
      });
      const api = remote<Feeds>(concat(of(near), NEVER), { resubscribe: true });
      expect(await failure(api.feed('a'))).toEqual(goingAway);
    });
  });

  it('fail with what open() throws otherwise', async () => {
    const { near } = muxPair({ near: { maxOpen: 1 } });
    near.open();
    expect(await failure(remote<Feeds>(of(near)).feed('a'))).toMatchObject({ code: 'ERR_RXMUX_FULL' });
  });

  it('that wait fail where no mux will come, or with the error of the muxes, after which the next call tries again', async () => {
    const completed = remote<Feeds>(of());
    const none = { code: 'ERR_RXMUX_CLOSED', message: 'there will be no connection' };
    expect(await failure(completed.feed('a'))).toMatchObject(none);
    expect(await failure(completed.feed('b'))).toMatchObject(none);
    let tries = 0;
    const failed = remote<Feeds>(
      new Observable<never>((subscriber) => {
        tries += 1;
        subscriber.error(new Error(`try ${tries}`));
      }),
    );
    expect(await failure(failed.feed('a'))).toEqual(new Error('try 1'));
    expect(await failure(failed.feed('b'))).toEqual(new Error('try 2'));
  });

  it('that would be made anew fail with what broke them, where no mux will come', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$, { resubscribe: true });
    const { cut } = connections.connect();
    const { heard, count } = hearing(api.feed('a'));
    await count(1);
    connections.muxes$.complete();
    expect(await one(api.feed('b'))).toBe('b 0');
    cut();
    await count(2);
    expect(heard).toEqual(['a 0', carrierEnded]);
  });

  it('that would be made anew fail where the last mux has gone before theirs', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$, { resubscribe: true });
    const { cut } = connections.connect();
    const { heard, count } = hearing(api.feed('a'));
    await count(1);
    const last = connections.connect();
    connections.muxes$.complete();
    last.near.destroy();
    cut();
    await count(2);
    expect(heard).toEqual(['a 0', expect.objectContaining({ code: 'ERR_RXMUX_CLOSED' })]);
  });

  it('that are unsubscribed while they wait are not made', async () => {
    const connections = new Connections();
    const api = remote<Feeds>(connections.muxes$, { resubscribe: true });
    const waiting = hearing(api.feed('waiting'));
    waiting.stop();
    const { cut } = connections.connect();
    const broken = hearing(api.feed('broken'));
    await broken.count(1);
    cut();
    await one(connections.pairs[0]?.near.closed$ ?? NEVER);
    broken.stop();
    connections.connect();
    expect(await all(of(await one(api.feed('a'))))).toEqual(['a 1']);
    expect(connections.called).toEqual(['broken 0', 'a 1']);
  });

  it('that have failed are not made on the next mux, which comes at once', async () => {
    const connections = new Connections();
    const { near: full } = muxPair({ near: { maxOpen: 1 } });
    full.open();
    const { near } = connections.connect();
    expect(await failure(remote<Feeds>(of(full, near)).feed('a'))).toMatchObject({ code: 'ERR_RXMUX_FULL' });
    expect(near.openChannels.size).toBe(0);
  });

  it('that are unsubscribed while resubscribe is asked are not made anew', async () => {
    const connections = new Connections();
    const { cut } = connections.connect();
    const asked = new Signal();
    const { count, stop } = hearing(
      remote<Feeds>(connections.muxes$, {
        resubscribe: () => {
          stop();
          asked.happen();
          return true;
        },
      }).feed('a'),
    );
    await count(1);
    const { near } = connections.connect();
    cut();
    await asked.happened;
    expect(near.openChannels.size).toBe(0);
  });
});
