import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import {
  catchError,
  concat,
  EMPTY,
  first,
  from,
  type InteropObservable,
  interval,
  lastValueFrom,
  map,
  merge,
  NEVER,
  Observable,
  observable,
  of,
  type OperatorFunction,
  Subject,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { Mux } from '../../src/index.js';
import { bytes, type Codec, text } from '../../src/messages.js';
import { type RemoteObservable, remote, serve, RemoteError } from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { duplexPair } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';
import { all, connected, endless, failure, one, Signal } from './support.js';

expectNothingUnhandled();

/** An Observable of another library that is a function, as the events of Effector are. */
const callable = <T>(...values: readonly T[]): InteropObservable<T> =>
  Object.assign(() => undefined, { [observable]: () => from(values) }) as unknown as InteropObservable<T>;

interface Point {
  readonly x: number;
  readonly y?: number;
}

describe('a handler', () => {
  interface Results {
    result(): Observable<unknown>;
  }

  const stream = (values: readonly unknown[]): ReadableStream<unknown> =>
    new ReadableStream({
      start: (controller) => {
        values.forEach((value) => {
          controller.enqueue(value);
        });
        controller.close();
      },
    });

  it.each<[string, () => unknown, unknown[]]>([
    ['a value', () => 5, [5]],
    ['a string, which is one value', () => 'text', ['text']],
    ['an object with a length, which is one value', () => ({ length: 2 }), [{ length: 2 }]],
    ['null', () => null, [null]],
    ['nothing', () => undefined, [undefined]],
    ['a promise', async () => ({ x: 1 }), [{ x: 1 }]],
    ['a promise of an array, which is one value', async () => [1, 2], [[1, 2]]],
    ['a promise of nothing', async () => undefined, [undefined]],
    ['an Observable', () => of(1, undefined, 'two'), [1, undefined, 'two']],
    ['an empty Observable', () => EMPTY, []],
    ['an Observable that takes its time', () => interval(1).pipe(take(3)), [0, 1, 2]],
    ['an Observable of another library that is a function', () => callable(1, 2), [1, 2]],
    ['an array', () => [1, 2, 3], [1, 2, 3]],
    ['a set', () => new Set(['a', 'b']), ['a', 'b']],
    [
      'a generator',
      function* () {
        yield 1;
        yield 2;
      },
      [1, 2],
    ],
    [
      'an async generator',
      async function* () {
        yield 1;
        yield 2;
      },
      [1, 2],
    ],
    ['a WHATWG stream', () => stream([1, 2]), [1, 2]],
  ])('may return %s', async (_, result, expected) => {
    const { api } = connected<Results>({ result: result });
    expect(await all(api.result())).toEqual(expected);
  });

  it('may return bytes as one value, where the codec takes them', async () => {
    interface Bytes {
      bytes(): Promise<Uint8Array>;
    }
    const codec = {
      encode: (value: unknown) => Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)),
      decode: (bytes: Uint8Array) => (bytes[0] === 91 ? [] : Buffer.from(bytes)),
    };
    const settings = { serve: { codec }, remote: { codec } };
    const { api } = connected<Bytes>({ bytes: () => new Uint8Array([1, 2, 3]) }, settings);
    expect(await all(api.bytes())).toEqual([Buffer.from([1, 2, 3])]);
  });

  it.each<[string, Codec<unknown>, unknown]>([
    ['text()', text(), ''],
    ['bytes()', bytes(), Buffer.alloc(0)],
    [
      'a codec with which a default takes none',
      {
        encode: (value) => Buffer.from(value === 'default' ? '' : String(value)),
        decode: (given) => Buffer.from(given).toString() || 'default',
      },
      'default',
    ],
  ])('gives and takes values without bytes, and undefined, with %s', async (_, codec, empty) => {
    interface Empty {
      echo(values$: Observable<unknown>): Observable<unknown>;
    }
    const heard: unknown[] = [];
    const { api } = connected<Empty>(
      { echo: (values$) => values$.pipe(tap((value) => heard.push(value))) },
      { serve: { codec }, remote: { codec } },
    );
    const values = [empty, undefined, empty];
    expect(await all(api.echo(from(values)))).toEqual(values);
    expect(heard).toEqual(values);
  });

  it('is called with its object as this, and its arguments as they were given', async () => {
    interface Calls {
      called(text: string, point: Point, ...more: (number | undefined)[]): Promise<unknown>;
    }
    const handlers = {
      called(this: unknown, ...args: unknown[]) {
        return [[this === handlers, ...args]];
      },
    };
    const { api } = connected<Calls>(handlers);
    expect(await one(api.called('ä', { x: 1 }, 1, 2))).toEqual([true, 'ä', { x: 1 }, 1, 2]);
    expect(await one(api.called('', { x: 1 }, 1, undefined, undefined))).toEqual([true, '', { x: 1 }, 1]);
  });

  it('is called without arguments where none are given, or only undefined ones', async () => {
    interface Counts {
      count(...args: undefined[]): Promise<number>;
    }
    const { api } = connected<Counts>({ count: (...args) => args.length });
    expect(await one(api.count())).toBe(0);
    expect(await one(api.count(undefined, undefined))).toBe(0);
  });

  it('gives a stream its place behind arguments that are undefined', async () => {
    type Or<T> = T | undefined;
    interface Places {
      places(one: Or<string>, two: Or<string>, values$: Observable<number>): Promise<readonly unknown[]>;
    }
    const { api } = connected<Places>({
      places: async (one, two, values$) => [one ?? 'none', two ?? 'none', await lastValueFrom(values$)],
    });
    expect(await all(api.places('a', undefined, of(1)))).toEqual([['a', 'none', 1]]);
    expect(await all(api.places(undefined, 'b', of(2)))).toEqual([['none', 'b', 2]]);
    expect(await all(api.places(undefined, undefined, of(3)))).toEqual([['none', 'none', 3]]);
  });

  it('answers a call of 600 KB with as much', async () => {
    interface Echo {
      echo(text: string): Promise<string>;
    }
    const { api } = connected<Echo>({ echo: async (text) => text });
    const text = 'ä'.repeat(300_000);
    expect((await one(api.echo(text))) === text).toBe(true);
  });
});

describe('a call', () => {
  interface Feeds {
    feed(name: string): Observable<string>;
  }

  it.each<[string, () => Promise<number>]>([
    ['a value', () => 1 as unknown as Promise<number>],
    ['a promise', () => Promise.resolve(1)],
  ])('that is answered at once with %s has its channel opened in the same write', async (_, answer) => {
    const [left, right] = duplexPair();
    const far = new Mux(right);
    serve<{ ask: () => Promise<number> }>(far, { ask: answer });
    const api = remote<{ ask: () => Promise<number> }>(new Mux(left));
    await one(api.ask()); // the muxes have greeted each other
    await turn();
    let writes = 0;
    left.on('data', () => {
      writes += 1;
    });
    expect(await one(api.ask())).toBe(1);
    await turn();
    expect(writes).toBe(1);
    far.destroy();
  });

  it('is made at each subscription, and not before', async () => {
    const called: string[] = [];
    const { api } = connected<Feeds>({
      feed: (name) => {
        called.push(name);
        return of(name);
      },
    });
    const feed$ = api.feed('a');
    await one(api.feed('b'));
    expect(called).toEqual(['b']);
    expect(await all(merge(feed$, feed$))).toEqual(['a', 'a']);
    expect(called).toEqual(['b', 'a', 'a']);
  });

  it('that is unsubscribed lets go of the source at the far end, and of its channel', async () => {
    const { values$, letGo } = endless('first');
    const { api, near, far } = connected<Feeds>({ feed: () => values$ });
    expect(await all(api.feed('a').pipe(take(1)))).toEqual(['first']);
    await letGo.happened;
    await Promise.all([near.close(), far.close()]);
    expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
  });

  it('that is unsubscribed returns the iterator at the far end', async () => {
    const returned = new Signal();
    const { api } = connected<Feeds>({
      feed: async function* () {
        try {
          for (;;) {
            yield 'value';
          }
        } finally {
          returned.happen();
        }
      },
    });
    expect(await all(api.feed('a').pipe(take(2)))).toEqual(['value', 'value']);
    await returned.happened;
  });

  it('that is unsubscribed at once is not made', async () => {
    const called: string[] = [];
    const { api } = connected<Feeds>({
      feed: (name) => {
        called.push(name);
        return of(name);
      },
    });
    api.feed('a').subscribe().unsubscribe();
    expect(await one(api.feed('b'))).toBe('b');
    expect(called).toEqual(['b']);
  });

  it.each(['metadata', 'full$'])(
    'that is unsubscribed by what %s does while it is made is not made',
    async (by) => {
      const called: string[] = [];
      const stop$ = new Subject<void>();
      const { api, near } = connected<Feeds>(
        {
          feed: (name) => {
            called.push(name);
            return NEVER;
          },
        },
        {
          near: { maxOpen: 1 },
          remote: {
            metadata: (): void => {
              if (by === 'metadata') {
                stop$.next();
              }
            },
          },
        },
      );
      await turn();
      const closed = one(near.removed$);
      api
        .feed('a')
        .pipe(takeUntil(by === 'full$' ? near.full$ : stop$))
        .subscribe();
      await closed;
      expect([called, near.openChannels.size]).toEqual([[], 0]);
    },
  );

  it('that is unsubscribed while the handler is at work hears nothing of its answer', async () => {
    const called = new Signal();
    const answer$ = new Subject<string>();
    const errors: unknown[] = [];
    const { api } = connected<Feeds>(
      {
        feed: async (name) => {
          called.happen();
          return name === 'late' ? lastValueFrom(answer$) : name;
        },
      },
      { serve: { onError: (error) => errors.push(error) } },
    );
    const heard: unknown[] = [];
    const subscription = api.feed('late').subscribe((value) => heard.push(value));
    await called.happened;
    subscription.unsubscribe();
    expect(await one(api.feed('a'))).toBe('a');
    answer$.error(new Error('too late'));
    expect(await one(api.feed('b'))).toBe('b');
    expect([heard, errors]).toEqual([[], []]);
  });

  it('can be made ten thousand times at once', async () => {
    const answers: (() => void)[] = [];
    const waiting = new Signal();
    interface Squares {
      square(n: number): Promise<number>;
    }
    const { api } = connected<Squares>(
      {
        square: (n) =>
          new Promise<number>((resolve) => {
            answers.push(() => {
              resolve(n * n);
            });
            if (answers.length === 10_000) {
              waiting.happen();
            }
          }),
      },
      { serve: { maxConcurrent: 10_000 } },
    );
    const results = Promise.all(Array.from({ length: 10_000 }, (__, n) => one(api.square(n))));
    await waiting.happened;
    answers.reverse().forEach((answer) => {
      answer();
    });
    expect(await results).toEqual(Array.from({ length: 10_000 }, (__, n) => n * n));
  });

  it('goes either way over one mux', async () => {
    interface Names {
      name(): Promise<string>;
    }
    const { near, far } = muxPair();
    serve<Names>(near, { name: () => 'near' });
    serve<Names>(far, { name: () => 'far' });
    expect(await one(remote<Names>(near).name())).toBe('far');
    expect(await one(remote<Names>(far).name())).toBe('near');
  });
});

describe('values', () => {
  interface Numbers {
    numbers(count: number): Observable<number>;
  }

  it('come as they are in for await, and leaving it stops the far end', async () => {
    const { values$, letGo } = endless(1, 2, 3);
    const { api } = connected<Numbers>({ numbers: () => values$ });
    const values: number[] = [];
    for await (const value of api.numbers(0)) {
      values.push(value);
      if (value === 3) {
        break;
      }
    }
    expect(values).toEqual([1, 2, 3]);
    await letGo.happened;
  });

  it('end for await, and an error of the far end is thrown there, after those before it', async () => {
    const { api } = connected<Numbers>({
      numbers: function* (count) {
        for (let n = 0; n < count; n += 1) {
          yield n;
        }
        if (count === 3) {
          throw new RemoteError('THREE', 'three');
        }
      },
    });
    const values: number[] = [];
    for await (const value of api.numbers(2)) {
      values.push(value);
    }
    expect(values).toEqual([0, 1]);
    await expect(async () => {
      for await (const value of api.numbers(3)) {
        values.push(value);
      }
    }).rejects.toMatchObject({ code: 'THREE' });
    expect(values).toEqual([0, 1, 0, 1, 2]);
  });

  it('hold back an iterable at the far end while they are not acknowledged', async () => {
    let given = 0;
    const { api } = connected<Numbers>({
      numbers: function* () {
        for (;;) {
          given += 1;
          yield given;
        }
      },
    });
    const deliveries: (() => void)[] = [];
    const got = new Signal();
    const subscription = api.numbers(0).deliveries$.subscribe(({ ack }) => {
      deliveries.push(ack);
      if (deliveries.length === 1000) {
        got.happen();
      }
    });
    await got.happened;
    // What has a place in the window of 16 KiB, in the queue of 16 KiB, and one: each takes 9 bytes or so.
    expect(given).toBeLessThan(4000);
    const more = given;
    const next = new Signal();
    deliveries.forEach((ack) => {
      ack();
    });
    const watch = setInterval(() => {
      if (given > more) {
        next.happen();
      }
    }, 1);
    await next.happened;
    clearInterval(watch);
    subscription.unsubscribe();
  });

  it.each(['return', 'throw'] as const)(
    'are let go of at once by %s() of an iterator that waits',
    async (how) => {
      const { values$, letGo } = endless(1);
      const { api } = connected<Numbers>({ numbers: () => values$ });
      const values = api.numbers(0)[Symbol.asyncIterator]();
      expect(await values.next()).toEqual({ done: false, value: 1 });
      const waiting = values.next();
      const left = values[how]?.().catch(() => 'thrown');
      await letGo.happened;
      const over = { done: true, value: undefined };
      expect([await waiting, await left]).toEqual([over, how === 'return' ? over : 'thrown']);
      expect(await values.next()).toEqual(over);
    },
  );

  it('are not asked for by an iterator that is left before it has begun', async () => {
    const { api, near } = connected<Numbers>({ numbers: () => NEVER });
    const values = api.numbers(0)[Symbol.asyncIterator]();
    await values.return?.();
    expect(await values.next()).toEqual({ done: true, value: undefined });
    expect(near.openChannels.size).toBe(0);
  });

  it('are taken one by one by a slow for await, from an iterable that is held back', async () => {
    let given = 0;
    const { api } = connected<Numbers>({
      numbers: function* (count) {
        while (given < count) {
          given += 1;
          yield given;
        }
      },
    });
    let sum = 0;
    let isAhead = false;
    for await (const value of api.numbers(20_000)) {
      sum += value;
      isAhead ||= given - value > 8000;
      if (value % 500 === 0) {
        await new Promise(setImmediate);
      }
    }
    expect([sum, isAhead]).toEqual([200_010_000, false]);
  });
});

describe('an argument that is a stream', () => {
  interface Chat {
    chat(mine$: Observable<string>): Observable<string>;
    sum(start: number, numbers$: Observable<number>): Promise<number>;
  }
  function chat(mine$: RemoteObservable<string>): Observable<string> {
    return mine$.pipe(map((text) => text.toUpperCase()));
  }
  const sum = async (start: number, numbers$: RemoteObservable<number>): Promise<number> => {
    let total = start;
    for await (const number of numbers$) {
      total += number;
    }
    return total;
  };

  it('goes the other way', async () => {
    const { api } = connected<Chat>({ chat, sum });
    expect(await all(api.chat(of('a', 'b')))).toEqual(['A', 'B']);
    expect(await all(api.chat(callable('a', 'b')))).toEqual(['A', 'B']);
    const mine$ = new Subject<string>();
    const said: string[] = [];
    const done = new Signal();
    api.chat(mine$).subscribe({
      next: (text) => {
        said.push(text);
        if (text === 'C') {
          mine$.complete();
        } else {
          mine$.next('c');
        }
      },
      complete: () => {
        done.happen();
      },
    });
    mine$.next('a');
    await done.happened;
    expect(said).toEqual(['A', 'C']);
  });

  it('that has ended without a value before anybody subscribes to it completes', async () => {
    const { api } = connected<Chat>({
      chat: (mine$) => timer(20).pipe(switchMap(() => mine$)),
      sum,
    });
    expect(await all(api.chat(EMPTY))).toEqual([]);
  });

  it.each<[string, () => Observable<number> | AsyncIterable<number> | ReadableStream<number>]>([
    ['an Observable', () => of(1, 2, 3)],
    [
      'an async iterable',
      async function* () {
        yield 1;
        yield 2;
        yield 3;
      },
    ],
    ['a WHATWG stream', () => ReadableStream.from([1, 2, 3])],
  ])('may be %s', async (_, numbers) => {
    const { api } = connected<Chat>({ chat, sum });
    expect(await one(api.sum(4, numbers() as Observable<number>))).toBe(10);
  });

  it('comes with deliveries$, too', async () => {
    const { api } = connected<Chat>({
      chat,
      sum: (start, numbers$) =>
        numbers$.deliveries$.pipe(
          map(({ value, ack }) => {
            ack();
            return start + value;
          }),
        ),
    });
    expect(await all(api.sum(10, of(1, 2)))).toEqual([11, 12]);
  });

  it('is let go of where the handler unsubscribes from it, and the call goes on', async () => {
    const { values$, letGo } = endless('a', 'b', 'c');
    const rest$ = new Subject<string>();
    const { api } = connected<Chat>({ chat: (mine$) => merge(mine$.pipe(take(2)), rest$), sum });
    const heard: string[] = [];
    const three = new Signal();
    const subscription = api.chat(values$).subscribe((text) => {
      heard.push(text);
      if (heard.length === 3) {
        three.happen();
      }
    });
    await letGo.happened;
    rest$.next('rest');
    await three.happened;
    expect(heard).toEqual(['a', 'b', 'rest']);
    subscription.unsubscribe();
  });

  it.each<[string, (numbers$: RemoteObservable<number>) => Observable<number> | number]>([
    ['without having read it', () => 5],
    [
      'while it reads it',
      (numbers$) =>
        numbers$.pipe(
          map(() => 5),
          take(1),
        ),
    ],
  ])('is let go of where the call has ended %s', async (_, handler) => {
    const { values$, letGo } = endless(1);
    const { api } = connected<Chat>({ chat, sum: (start, numbers$) => handler(numbers$) });
    expect(await all(api.sum(1, values$))).toEqual([5]);
    await letGo.happened;
  });

  it('is let go of where the call is unsubscribed, and errors at the handler', async () => {
    const { values$, letGo } = endless(1);
    const errors = new Signal<unknown>();
    const got = new Signal();
    const { api } = connected<Chat>({
      chat,
      sum: async (start, numbers$) => {
        try {
          for await (const number of numbers$) {
            got.happen();
            start += number;
          }
        } catch (error) {
          errors.happen(error);
          throw error;
        }
        return start;
      },
    });
    const subscription = api.sum(1, values$).subscribe();
    await got.happened;
    subscription.unsubscribe();
    await letGo.happened;
    expect(await errors.happened).toMatchObject({ code: 'ERR_RXMUX_PEER' });
  });

  it('that has not been read to its end errors where the call is unsubscribed: it is no whole', async () => {
    const errors = new Signal<unknown>();
    const got = new Signal();
    const { api } = connected<Chat>({
      chat,
      sum: (start, numbers$) =>
        new Observable<number>(() => {
          numbers$.deliveries$.subscribe({
            next: () => {
              got.happen();
            },
            error: errors.happen,
            complete: () => {
              errors.happen('complete');
            },
          });
        }),
    });
    const subscription = api.sum(1, from(Array.from({ length: 5000 }, (__, n) => n))).subscribe();
    await got.happened; // the rest is in the window, and its END behind it
    subscription.unsubscribe();
    expect(await errors.happened).toMatchObject({
      code: expect.stringMatching(/^ERR_RXMUX_(PEER|STOPPED)$/) as string,
    });
  });

  describe('is let go of, unread and once,', () => {
    /** A stream that tells what is done to it. */
    const told$ = (told: string[]): Observable<number> =>
      ({
        [Symbol.asyncIterator]: () => {
          told.push('begun');
          return {
            next: () => {
              told.push('read');
              return new Promise(() => undefined);
            },
            return: () => {
              told.push('let go');
              return Promise.reject(new Error('nobody waits for it'));
            },
          };
        },
      }) as unknown as Observable<number>;

    it.each<[string, Parameters<typeof connected>[1]]>([
      ['there are as many channels as may be', { near: { maxOpen: 1 } }],
      ['the metadata are too long', { remote: { metadata: () => 'x'.repeat(65_000) } }],
    ])('where the call cannot be made: %s', async (_, settings) => {
      const { api, near } = connected<Chat>({ chat, sum }, settings);
      near.open();
      const heard: string[] = [];
      expect(await failure(api.sum(1, told$(heard)))).toBeInstanceOf(Error);
      expect(heard).toEqual(['begun', 'let go']);
    });

    it('where the arguments cannot be sent', async () => {
      const { api } = connected<Chat>({ chat, sum });
      const heard: string[] = [];
      expect(await failure(api.sum(1n as unknown as number, told$(heard)))).toBeInstanceOf(TypeError);
      expect(heard).toEqual(['begun', 'let go']);
    });

    it('where the call is unsubscribed before there is a mux', () => {
      const heard: string[] = [];
      remote<Chat>(NEVER).sum(1, told$(heard)).subscribe().unsubscribe();
      expect(heard).toEqual(['begun', 'let go']);
    });

    it('where there will be no mux, which closes a WHATWG stream', async () => {
      const cancelled = new Signal();
      const stream = new ReadableStream<number>({ cancel: cancelled.happen });
      const call$ = remote<Chat>(EMPTY).sum(1, stream);
      expect(await failure(call$)).toMatchObject({ code: 'ERR_RXMUX_CLOSED' });
      await cancelled.happened;
    });

    it('as a Node stream that fails while there is no mux: it says so when there is one', async () => {
      const { near } = connected<Chat>({ chat, sum });
      const muxes$ = new Subject<Mux>();
      const stream = new Readable({ objectMode: true, read: () => undefined });
      const failed = failure(remote<Chat>(muxes$).sum(1, stream));
      const closed = new Promise((resolve) => stream.once('close', resolve));
      const error = new Error('as of a file that is not there');
      stream.destroy(error);
      await closed;
      muxes$.next(near);
      expect(await failed).toBe(error);
    });

    it('as a Node stream, which is listened to once however often the call is tried', async () => {
      const stream = new Readable({ objectMode: true, read: () => undefined });
      const call$ = remote<Chat>(EMPTY).sum(1, stream);
      for (let times = 0; times < 12; times += 1) {
        expect(await failure(call$)).toMatchObject({ code: 'ERR_RXMUX_CLOSED' });
      }
      expect(stream.listenerCount('error')).toBe(1);
    });

    it('and no second time where it ends its own call while it is begun', () => {
      const { near } = connected<Chat>({ chat, sum });
      const heard: string[] = [];
      const stream = {
        [Symbol.asyncIterator]: () => {
          call.unsubscribe();
          return (told$(heard) as unknown as AsyncIterable<number>)[Symbol.asyncIterator]();
        },
      };
      const muxes$ = new Subject<Mux>();
      const call = remote<Chat>(muxes$).sum(1, stream).subscribe();
      muxes$.next(near);
      expect(heard).toEqual(['begun', 'let go']);
    });
  });

  it('that errors fails the call with that, and the handler hears of an error without its words', async () => {
    const heard = new Signal<unknown>();
    const { api } = connected<Chat>({
      chat,
      sum: async (start, numbers$) => {
        try {
          return await sum(start, numbers$);
        } catch (error) {
          heard.happen(error);
          throw error;
        }
      },
    });
    const error = new Error('a secret');
    const numbers$ = concat(
      of(1),
      throwError(() => error),
    );
    expect(await failure(api.sum(1, numbers$))).toBe(error);
    expect(await heard.happened).toMatchObject({ code: 'INTERNAL', message: 'the call has failed' });
  });

  it('that errors with a RemoteError does so at the handler, which may go on', async () => {
    const { api } = connected<Chat>({
      chat: (mine$) =>
        mine$.pipe(
          catchError((error: unknown) =>
            of(`${(error as RemoteError).code}: ${String((error as RemoteError).data)}`),
          ),
        ),
      sum,
    });
    const mine$ = concat(
      of('a'),
      throwError(() => new RemoteError('GONE', 'I have to go', 5)),
    );
    expect(await all(api.chat(mine$))).toEqual(['a', 'GONE: 5']);
  });

  it('can be subscribed to once', async () => {
    const { api } = connected<Chat>(
      { chat: (mine$) => merge(mine$, mine$), sum },
      { serve: { exposeErrors: true } },
    );
    expect(await failure(api.chat(of('a')))).toMatchObject({
      message: 'a stream argument can be subscribed to once, during the call',
    });
  });

  it('errors where somebody still subscribes to it when the call is over, or then', async () => {
    let left$: RemoteObservable<number> | undefined;
    const heard: unknown[] = [];
    const { api } = connected<Chat>({
      chat,
      sum: (start, numbers$) => {
        left$ = numbers$;
        numbers$.subscribe({ error: (reason: unknown) => heard.push(reason) });
        return start;
      },
    });
    const { values$, letGo } = endless<number>();
    expect(await one(api.sum(1, values$))).toBe(1);
    await letGo.happened;
    left$?.subscribe({ error: (reason: unknown) => heard.push(reason) });
    expect(heard).toEqual([
      expect.objectContaining({ code: 'ERR_RXMUX_CLOSED', message: 'the call is over' }),
      expect.objectContaining({ message: expect.stringContaining('once') as string }),
    ]);
  });

  it.each<[string, OperatorFunction<number, number>]>([
    ['take', take(1)],
    ['takeWhile', takeWhile((number) => number < 1, true)],
    ['first', first()],
  ])('does not err in what the handler leaves by %s, though that ends the call', async (_, leave) => {
    const heard: unknown[] = [];
    const left = new Signal();
    const { api } = connected<Chat>({
      chat,
      sum: (_start, numbers$) =>
        numbers$.pipe(
          tap({
            error: (reason: unknown) => heard.push(reason),
            unsubscribe: () => heard.push('unsubscribed'),
            finalize: () => {
              left.happen();
            },
          }),
          leave,
        ),
    });
    const { values$, letGo } = endless(1);
    expect(await all(api.sum(0, values$))).toEqual([1]);
    await left.happened;
    await letGo.happened;
    expect(heard).toEqual(['unsubscribed']);
  });

  it('must be the last one', async () => {
    interface Wrong {
      wrong(...args: unknown[]): Promise<void>;
    }
    const { api } = connected<Wrong>({ wrong: () => undefined });
    const error = await failure(api.wrong(of(1), 2));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: 'only the last argument of wrong can be a stream' });
  });

  it('is begun anew at each subscription', async () => {
    const { api } = connected<Chat>({ chat, sum });
    let begun = 0;
    const mine$ = new Observable<string>((subscriber) => {
      begun += 1;
      subscriber.next(`call ${begun}`);
      subscriber.complete();
    });
    const call$ = api.chat(mine$);
    expect(await lastValueFrom(call$.pipe(toArray()))).toEqual(['CALL 1']);
    expect(await lastValueFrom(call$.pipe(toArray()))).toEqual(['CALL 2']);
  });
});
