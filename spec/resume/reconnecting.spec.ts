import { EMPTY, NEVER, Observable, of, throwError } from 'rxjs';
import { Mux } from '../../src/index.js';
import { RemoteError } from '../../src/remote.js';
import { connectionLost, reconnecting } from '../../src/resume.js';
import { muxPair } from '../../src/testing.js';
import { listen } from '../support/listen.js';
import { until } from './resumed.js';

const retry = { delay: () => 0 };

describe('reconnecting', () => {
  it('makes the next mux when one is over, and tells why it is', async () => {
    const cuts: (() => void)[] = [];
    const delays: unknown[] = [];
    const muxes = listen(
      reconnecting(
        () => {
          const { near, cut } = muxPair();
          near.channels$.subscribe({ error: () => undefined });
          cuts.push(() => {
            cut(cuts.length === 1 ? new Error('cut') : undefined);
          });
          return near;
        },
        {
          retry: {
            delay: (...args) => {
              delays.push(args);
              return 0;
            },
          },
        },
      ),
    );
    for (const count of [1, 2]) {
      await until(() => muxes.length === count && (muxes[count - 1] as Mux).peer$.value !== undefined);
      cuts[count - 1]?.();
    }
    await until(() => muxes.length === 3);
    expect(delays).toEqual([
      [1, new Error('cut')],
      [1, undefined],
    ]);
  });

  it.each<[string, () => Mux | Observable<Mux> | Promise<Mux>, unknown]>([
    [
      'throws',
      () => {
        throw new Error('no way');
      },
      new Error('no way'),
    ],
    ['is rejected', () => Promise.reject(new Error('no way')), new Error('no way')],
    ['errors', () => throwError(() => new Error('no way')), new Error('no way')],
    ['gives none', () => EMPTY, new Error('connect has given no mux')],
  ])('errors where connect %s so many times in a row', async (_how, connect, error) => {
    let attempts = 0;
    const heard = listen(
      reconnecting(
        () => {
          attempts += 1;
          return connect();
        },
        { retry: { ...retry, count: 3 } },
      ),
    );
    await until(() => heard.length > 0);
    expect(heard).toEqual([error]);
    expect(attempts).toBe(3);
  });

  it.each<[string, () => unknown]>([
    ['returns nothing', () => undefined],
    ['returns text', () => 'a mux'],
    ['promises nothing', () => Promise.resolve()],
    ['emits something else', () => of({})],
  ])('errors at once where connect %s, since it would again', async (_how, connect) => {
    let attempts = 0;
    const heard = listen(
      reconnecting(
        () => {
          attempts += 1;
          return connect() as Mux;
        },
        { retry },
      ),
    );
    await until(() => heard.length > 0);
    expect(heard.map(String)).toEqual([
      expect.stringMatching(/^TypeError: what connect gives must be a Mux, got /),
    ]);
    expect(attempts).toBe(1);
  });

  it('errors with what retry.delay throws', async () => {
    const error = new Error('no idea');
    const retry = {
      delay: () => {
        throw error;
      },
    };
    const heard = listen(reconnecting(() => throwError(() => new Error('no way')), { retry }));
    await until(() => heard.length > 0);
    expect(heard).toEqual([error]);
  });

  it('counts a mux without a peer as an attempt that has failed', async () => {
    const attempts: number[] = [];
    const heard = listen(
      reconnecting(
        () => {
          const { near } = muxPair({ near: { extensions: false } });
          queueMicrotask(() => {
            near.destroy();
          });
          return near;
        },
        {
          retry: {
            delay: (attempt) => {
              attempts.push(attempt);
              return 0;
            },
            count: 3,
          },
        },
      ),
    );
    await until(() => heard.length === 4);
    expect(attempts).toEqual([2, 3]);
    expect(heard.at(-1)).toBeUndefined();
  });

  it.each<[string, (mux: Mux) => Mux | Observable<Mux> | Promise<Mux> | Mux[]]>([
    ['a mux', (mux) => mux],
    ['a promise', (mux) => Promise.resolve(mux)],
    ['an Observable', (mux) => of(mux)],
    ['an array', (mux) => [mux]],
  ])('takes %s, and destroys the mux when nobody listens any more', async (_what, given) => {
    const { near } = muxPair();
    const heard: Mux[] = [];
    const subscription = reconnecting(() => given(near), { retry }).subscribe((mux) => heard.push(mux));
    await until(() => heard.length === 1);
    expect(heard).toEqual([near]);
    subscription.unsubscribe();
    const closed = listen(near.closed$);
    await until(() => closed.length > 0);
  });

  it('gives up what is to come when nobody listens any more', async () => {
    let isWanted = true;
    reconnecting(
      () =>
        new Observable<Mux>(() => () => {
          isWanted = false;
        }),
    )
      .subscribe()
      .unsubscribe();
    expect(isWanted).toBe(false);

    const { near } = muxPair();
    const closed = listen(near.closed$);
    const heard: unknown[] = [];
    reconnecting(() => Promise.resolve(near))
      .subscribe((mux) => heard.push(mux))
      .unsubscribe();
    await until(() => closed.length > 0);
    expect(heard).toStrictEqual([]);
  });

  it('tries no more where the attempt under way fails when nobody listens any more', async () => {
    let fail: (error: Error) => void = () => undefined;
    const connect = jest.fn(
      () =>
        new Promise<Mux>((_resolve, reject) => {
          fail = reject;
        }),
    );
    const delay = jest.fn(() => 0);
    reconnecting(connect, { retry: { delay } }).subscribe().unsubscribe();
    fail(new Error('no way'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(delay).not.toHaveBeenCalled();
    expect(connect).toHaveBeenCalledTimes(1);
  });

  it('tries no more after it was unsubscribed by retry.delay', async () => {
    const connect = jest.fn(() => Promise.reject<Mux>(new Error('no way')));
    const nextTimer = new Promise((resolve) => {
      const delay = (): number => {
        subscription.unsubscribe();
        setTimeout(() => setTimeout(resolve)); // behind one that would be set now
        return 0;
      };
      const subscription = reconnecting(connect, { retry: { delay } }).subscribe();
    });
    await nextTimer;
    expect(connect).toHaveBeenCalledTimes(1);
  });

  it('makes no other mux after it was unsubscribed while one was ending', async () => {
    let made = 0;
    const { near, cut } = muxPair();
    const subscription = reconnecting(
      () => {
        made += 1;
        return near;
      },
      { retry },
    ).subscribe();
    near.closed$.subscribe(() => {
      subscription.unsubscribe();
    });
    cut();
    await until(() => listen(near.closed$).length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(1);
  });

  it('lets go of what a mux has come from when that is over', async () => {
    const cuts: (() => void)[] = [];
    let held = 0;
    const subscription = reconnecting(
      () =>
        new Observable<Mux>((subscriber) => {
          const { near, cut } = muxPair();
          held += 1;
          cuts.push(cut);
          subscriber.next(near);
          return () => {
            held -= 1;
          };
        }),
      { retry },
    ).subscribe();
    cuts[0]?.();
    await until(() => cuts.length === 2);
    expect(held).toBe(1);
    subscription.unsubscribe();
    expect(held).toBe(0);
  });

  it('says what is wrong with what it is given', () => {
    expect(() => reconnecting('url' as never)).toThrow("connect must be a function, got 'url'");
    expect(() => reconnecting(() => NEVER, { retries: 3 } as never)).toThrow(
      'options.retries is not an option',
    );
  });
});

describe('connectionLost', () => {
  it.each([
    ['CarrierEndedError', { code: 'ERR_RXMUX_CARRIER_ENDED' }],
    ['CarrierFinishedError', { code: 'ERR_RXMUX_CARRIER_FINISHED' }],
    ['KeepAliveTimeoutError', { code: 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT' }],
    ['SessionLostError', { code: 'ERR_RXMUX_SESSION_LOST' }],
    ['NatsSessionError, where nobody answers', { code: 'ERR_RXMUX_NATS_NO_SERVICE' }],
    ['NatsSessionError, where the far end is silent', { code: 'ERR_RXMUX_NATS_PEER_LOST' }],
    ['NatsSessionError, where it has given up', { code: 'ERR_RXMUX_NATS_PEER_DESTROYED' }],
    ['one HTTP/2 stream, whose connection is refused', { code: 'ERR_HTTP2_STREAM_CANCEL' }],
    ['one HTTP/2 stream, which a proxy has reset', { code: 'ERR_HTTP2_STREAM_ERROR' }],
    ['NatsSessionError, where the client is closed', { code: 'ERR_RXMUX_NATS_CLOSED' }],
    ['an error of a socket', { code: 'ECONNRESET' }],
    ['an error of a name server', { code: 'ENOTFOUND' }],
    ['that no server has a Unix socket', { code: 'ENOENT', syscall: 'connect' }],
    ['WebSocketClosedError', { closeCode: 1006 }],
    ['the error of an RTCDataChannel whose far end has closed', { errorDetail: 'sctp-failure' }],
    ['the error of a WebTransport session', { name: 'WebTransportError', source: 'session' }],
  ])('knows %s', (_name, fields) => {
    expect(connectionLost(Object.assign(new Error('lost'), fields))).toBe(true);
  });

  it.each([
    ['PeerError', Object.assign(new Error(), { code: 'ERR_RXMUX_PEER' })],
    ['StoppedError', Object.assign(new Error(), { code: 'ERR_RXMUX_STOPPED' })],
    ['a RemoteError, whatever its code', new RemoteError('ECONNREFUSED', 'of the database')],
    ['a file that is missing', Object.assign(new Error(), { code: 'ENOENT', syscall: 'open' })],
    ['what is forbidden', Object.assign(new Error(), { code: 'EACCES', syscall: 'connect' })],
    ['the error of one stream of WebTransport', Object.assign(new Error(), { source: 'stream' })],
    ['a mistake', new TypeError('x is not a function')],
    ['a string', 'ECONNRESET'],
    ['null', null],
    ['nothing', undefined],
  ])('does not take %s for one', (_name, error) => {
    expect(connectionLost(error)).toBe(false);
  });
});
