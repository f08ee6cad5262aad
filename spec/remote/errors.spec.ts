import {
  BehaviorSubject,
  catchError,
  concat,
  lastValueFrom,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  reduce,
  Subject,
  type Subscription,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import { z } from 'zod';
import { ChannelError, type Mux } from '../../src/index.js';
import { bytes, type Codec, json, type StandardSchema } from '../../src/messages.js';
import { remote, RemoteError, serve } from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { all, connected, endless, failure, one, Signal } from './support.js';

expectNothingUnhandled();

interface Failing {
  fail(): Observable<unknown>;
}

const circular: { self?: unknown } = {};
circular.self = circular;

/** When `mux` has so many channels. */
async function channelsOf(mux: Mux, count: number): Promise<void> {
  const arrived = new Signal();
  const watch = setInterval(() => {
    if (mux.openChannels.size === count) {
      arrived.happen();
    }
  }, 1);
  await arrived.happened;
  clearInterval(watch);
}

describe('an error of a handler', () => {
  const remoteError = new RemoteError('NOT_FOUND', 'no such symbol', { symbol: 'ACME' });
  const foreign = Object.assign(new Error('of another copy'), {
    code: 'FOREIGN',
    [Symbol.for('rxmux.remoteError')]: true,
  });
  const internal = { code: 'INTERNAL', message: 'the call has failed', data: undefined };

  it.each<[string, () => unknown]>([
    [
      'that it throws',
      () => {
        throw remoteError;
      },
    ],
    [
      'that its promise is rejected with',
      async () => {
        throw remoteError;
      },
    ],
    ['that its Observable errors with', () => throwError(() => remoteError)],
    [
      'that its generator throws',
      function* () {
        yield* [];
        throw remoteError;
      },
    ],
    [
      'that its async generator throws',
      async function* () {
        yield* [];
        throw remoteError;
      },
    ],
    [
      'that the promise of another library throws',
      () => ({
        then: () => {
          throw remoteError;
        },
      }),
    ],
    [
      'that its result throws when it is looked at',
      () => ({
        get then() {
          throw remoteError;
        },
      }),
    ],
  ])('%s reaches the caller as it is, where it is a RemoteError', async (_, fail) => {
    const reported: unknown[] = [];
    const { api } = connected<Failing>(
      { fail: fail },
      { serve: { onError: (error) => reported.push(error) } },
    );
    const error = await failure(api.fail());
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      name: 'RemoteError',
      code: 'NOT_FOUND',
      message: 'no such symbol',
      data: { symbol: 'ACME' },
    });
    expect(reported).toEqual([]);
  });

  it('of another copy of the package is such a one', async () => {
    const { api } = connected<Failing>({ fail: () => throwError(() => foreign) });
    expect(await failure(api.fail())).toMatchObject({ code: 'FOREIGN', message: 'of another copy' });
  });

  it.each<[string, unknown]>([
    ['an Error', new Error('a secret')],
    ['a ChannelError, which is for channels', new ChannelError('CODE', 'a secret')],
    ['a string', 'a secret'],
    ['nothing', undefined],
  ])('that is %s arrives without its words, and is reported here', async (_, thrown) => {
    const reported: unknown[] = [];
    const { api } = connected<Failing>(
      { fail: () => throwError(() => thrown) },
      { serve: { onError: (...args) => reported.push(args) } },
    );
    expect(await failure(api.fail())).toMatchObject(internal);
    expect(reported).toEqual([[thrown, 'fail']]);
  });

  it.each<[string, unknown, string]>([
    ['an Error', new TypeError('words'), 'words'],
    ['a string', 'words', 'words'],
    ['an object', { a: 1 }, '[object Object]'],
  ])('that is %s arrives with its words where they are exposed', async (_, thrown, message) => {
    const { api } = connected<Failing>(
      { fail: () => throwError(() => thrown) },
      { serve: { exposeErrors: true } },
    );
    expect(await failure(api.fail())).toMatchObject({ code: 'INTERNAL', message });
  });

  it.each([true, false])('that has no words does not need any, exposed: %p', async (exposeErrors) => {
    const { api } = connected<Failing>(
      { fail: () => throwError(() => Object.create(null) as unknown) },
      { serve: { exposeErrors } },
    );
    expect(await failure(api.fail())).toMatchObject(internal);
  });

  it.each([
    ['', remoteError],
    [', also where it cannot be sent as a message', new RemoteError('NOT_FOUND', 'words', circular)],
  ])('comes after the values before it%s', async (_, error) => {
    const { api } = connected<Failing>({
      fail: function* () {
        yield 1;
        throw error;
      },
    });
    const heard: unknown[] = [];
    const over = new Signal();
    api.fail().subscribe({
      next: (value) => heard.push(value),
      error: (error: unknown) => {
        heard.push((error as RemoteError).code);
        over.happen();
      },
    });
    await over.happened;
    expect(heard).toEqual([1, 'NOT_FOUND']);
  });

  it.each<[string, () => unknown]>([
    ['a value', () => circular],
    ['a value of a promise', async () => circular],
    ['a value of an Observable', () => of(circular)],
  ])('is made of %s that cannot be sent', async (_, fail) => {
    const reported: unknown[] = [];
    const { api } = connected<Failing>(
      { fail: fail },
      { serve: { onError: (error) => reported.push(error) } },
    );
    expect(await failure(api.fail())).toMatchObject(internal);
    expect(reported).toEqual([expect.objectContaining({ name: 'TypeError' })]);
  });

  it.each<[string, RemoteError, string]>([
    ['cannot be sent', new RemoteError('CODE', 'words', circular), 'words'],
    ['is too long for a message', new RemoteError('CODE', 'w'.repeat(5000)), 'w'.repeat(1024)],
  ])('arrives without data, and with the beginning of its words, where it %s', async (_, thrown, message) => {
    const { api } = connected<Failing>(
      { fail: () => throwError(() => thrown) },
      { serve: { maxMessageSize: 1000 } },
    );
    expect(await failure(api.fail())).toMatchObject({ code: 'CODE', message, data: undefined });
  });

  it('must have a code', () => {
    expect(() => new RemoteError(5 as unknown as string, 'words')).toThrow(TypeError);
  });

  it('does no harm where reporting it throws', async () => {
    const { config } = await import('rxjs');
    const before = config.onUnhandledError;
    const heard = new Signal<unknown>();
    config.onUnhandledError = heard.happen;
    const { api } = connected<Failing>(
      { fail: () => throwError(() => new Error('first')) },
      {
        serve: {
          onError: () => {
            throw new Error('second');
          },
        },
      },
    );
    expect(await failure(api.fail())).toMatchObject(internal);
    expect(await heard.happened).toMatchObject({ message: 'second' });
    config.onUnhandledError = before;
  });

  it("is nobody's where the handler has ended its own call before", async () => {
    const reported: unknown[] = [];
    const { api, serving } = connected<{ last(): never }>(
      {
        last: () => {
          serving.unsubscribe();
          throw new Error('of a call that is over');
        },
      },
      { serve: { onError: (error) => reported.push(error) } },
    );
    expect(await failure(api.last())).toMatchObject({ code: 'UNAVAILABLE' });
    expect(reported).toEqual([]);
  });
});

describe('a stream that fails since its call is given up', () => {
  interface Desk {
    total(amounts$: Observable<number>): Promise<number>;
  }

  interface Call {
    readonly unsubscribe: () => void;
    readonly cut: () => void;
    readonly serving: Subscription;
    readonly amounts$: Subject<number>;
  }

  const waysToGiveUp: readonly (readonly [string, string | undefined, (call: Call) => void])[] = [
    [
      'by the caller',
      undefined,
      ({ unsubscribe }) => {
        unsubscribe();
      },
    ],
    [
      'with the connection',
      'ERR_RXMUX_CARRIER_ENDED',
      ({ cut }) => {
        cut();
      },
    ],
    [
      'since nothing is served any more',
      'UNAVAILABLE',
      ({ serving }) => {
        serving.unsubscribe();
      },
    ],
    [
      'since what comes is no value',
      'BAD_MESSAGE',
      ({ amounts$ }) => {
        amounts$.next(Infinity);
      },
    ],
  ];

  /** A call under way whose handler is `total`, which may refuse one amount: see below. */
  async function calling(
    total: (amounts$: Observable<number>, signal: AbortSignal) => ObservableInput<number>,
  ) {
    const begun = new Signal();
    const over = new Signal<unknown>();
    const reported: unknown[] = [];
    const amounts$ = new Subject<number>();
    const picky: Codec<unknown> = {
      ...json<unknown>(),
      decode: (message) => {
        const value = json<unknown>().decode(message);
        if (value === null) {
          throw new RangeError('no amount'); // JSON has no Infinity
        }
        return value;
      },
    };
    const { api, cut, serving } = connected<Desk>(
      ({ signal }) => ({
        total: (given$) => {
          const first$ = given$.pipe(
            tap(() => {
              begun.happen();
            }),
          );
          return total(first$, signal);
        },
      }),
      { serve: { codec: picky, onError: (error) => reported.push(error) } },
    );
    const subscription = api.total(concat(of(1), amounts$)).subscribe({
      error: over.happen,
      complete: () => {
        over.happen('complete');
      },
    });
    await begun.happened;
    const unsubscribe = (): void => {
      subscription.unsubscribe();
    };
    return { call: { unsubscribe, cut, serving, amounts$ }, over, reported };
  }

  it.each(waysToGiveUp)(
    '%s is no error of the handler whose promise fails with it',
    async (_, _code, giveUp) => {
      const failed = new Signal<unknown>();
      const { call, reported } = await calling((amounts$) =>
        lastValueFrom(amounts$.pipe(tap({ error: failed.happen }))),
      );
      giveUp(call);
      expect(await failed.happened).toBeInstanceOf(Error);
      expect(reported).toEqual([]);
    },
  );

  it.each(waysToGiveUp)(
    '%s fails nothing in the result, which is let go of before: what that would do instead is no answer',
    async (_, code, giveUp) => {
      const heard: unknown[] = [];
      const left = new Signal();
      const aborted = new Signal();
      const { call, over, reported } = await calling((amounts$, signal) => {
        signal.addEventListener('abort', () => {
          aborted.happen();
        });
        return amounts$.pipe(
          tap({
            error: (error: unknown) => heard.push(error),
            unsubscribe: () => heard.push('unsubscribed'),
            finalize: () => {
              left.happen();
            },
          }),
          catchError(() => of(0)),
          reduce((total, amount) => total + amount),
        );
      });
      giveUp(call);
      await left.happened;
      expect(heard).toEqual(['unsubscribed']);
      await aborted.happened;
      if (code !== undefined) {
        expect(await over.happened).toMatchObject({ code });
      }
      expect(reported).toEqual([]);
    },
  );
});

describe('a method', () => {
  const broken = new Error('of the schema');
  const throwing: StandardSchema<readonly unknown[]> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => {
        throw broken;
      },
    },
  };

  interface Odd {
    place(amount: number): Promise<string>;
    notThere(): Promise<void>;
  }

  class Inherited {
    place = (): string => 'placed';
    notThere(): undefined {
      return undefined;
    }
  }

  it('that is not there, or not the own one of handlers, is UNKNOWN_METHOD', async () => {
    const { api } = connected<Odd>(new Inherited());
    expect(await one(api.place(1))).toBe('placed');
    expect(await failure(api.notThere())).toMatchObject({
      code: 'UNKNOWN_METHOD',
      message: 'there is no method notThere',
    });
  });

  it('that is no function is UNKNOWN_METHOD', async () => {
    const { api } = connected<Odd>({ place: 5 } as never);
    expect(await failure(api.place(1))).toMatchObject({ code: 'UNKNOWN_METHOD' });
  });

  it('that is a getter which throws is INTERNAL, and its error is told', async () => {
    const onError = jest.fn();
    const { api } = connected<Odd>(
      {
        get place(): never {
          throw new Error('not now');
        },
      } as never,
      { serve: { onError } },
    );
    expect(await failure(api.place(1))).toMatchObject({ code: 'INTERNAL' });
    expect(onError).toHaveBeenCalledWith(new Error('not now'), 'place');
  });

  it('may have any name in Unicode', async () => {
    const { api } = connected<Record<string, () => Promise<number>>>({ 'größe 📏': () => 5, '': () => 6 });
    expect(await one(api['größe 📏']?.() ?? of(0))).toBe(5);
    expect(await one(api['']?.() ?? of(0))).toBe(6);
  });

  it('has its arguments checked by its schema, which may change them', async () => {
    const called: unknown[] = [];
    const { api } = connected<Odd>(
      {
        place: (amount) => {
          called.push(amount);
          return 'placed';
        },
        notThere: () => undefined,
      },
      { serve: { schemas: { place: z.tuple([z.coerce.number().min(1)]), notThere: undefined } } },
    );
    expect(await one(api.place('5' as unknown as number))).toBe('placed');
    expect(await failure(api.place(0))).toMatchObject({
      code: 'BAD_ARGUMENTS',
      message: expect.stringMatching(/^0: .*>=1/) as string,
    });
    expect(await all(api.notThere())).toStrictEqual([undefined]);
    expect(called).toEqual([5]);
  });

  it('whose schema makes no array of the arguments is INTERNAL, with a stream too, and its error is told', async () => {
    interface Sums {
      sum(amounts$: Observable<number>): Promise<number>;
      place(amount: number): Promise<number>;
    }
    const onError = jest.fn();
    const noArray = z.array(z.unknown()).transform(() => ({}) as readonly unknown[]);
    const { api } = connected<Sums>(
      { sum: () => 1, place: () => 2 },
      { serve: { onError, schemas: { sum: noArray, place: noArray } } },
    );
    const { values$ } = endless(1);
    expect(await failure(api.sum(values$))).toMatchObject({ code: 'INTERNAL' });
    expect(await failure(api.place(1))).toMatchObject({ code: 'INTERNAL' });
    expect(onError.mock.calls).toEqual([
      [expect.any(TypeError), 'sum'],
      [expect.any(TypeError), 'place'],
    ]);
  });

  it.each<[string, StandardSchema<readonly unknown[]>, unknown]>([
    ['would tell later', z.tuple([z.number().refine(async () => true)]), expect.any(TypeError)],
    ['throws', throwing, broken],
  ])('whose schema %s is INTERNAL, and its error is told', async (_, schema, error) => {
    const onError = jest.fn();
    const { api } = connected<Odd>(
      { place: () => 'placed', notThere: () => undefined },
      { serve: { onError, schemas: { place: schema } } },
    );
    expect(await failure(api.place(1))).toMatchObject({ code: 'INTERNAL' });
    expect(onError.mock.calls).toEqual([[error, 'place']]);
  });

  it('has its schema checked', () => {
    const { far } = muxPair();
    expect(() => serve<Odd>(far, {} as never, { schemas: { place: {} as never } })).toThrow(
      new TypeError('options.schemas.place must be a Standard Schema, got an object'),
    );
  });
});

describe('bounds', () => {
  interface Waits {
    wait(): Promise<number>;
    feed(): Observable<string>;
    take(text: string): Promise<number>;
    upload(texts$: Observable<string>): Promise<number>;
  }

  it('of calls at once: one more is BUSY, and there is place again when one is over', async () => {
    const answers: ((value: number) => void)[] = [];
    const two = new Signal();
    const { api } = connected<Pick<Waits, 'wait'>>(
      {
        wait: () =>
          new Promise<number>((resolve) => {
            answers.push(resolve);
            if (answers.length === 2) {
              two.happen();
            }
          }),
      },
      { serve: { maxConcurrent: 2 } },
    );
    const subscription = api.wait().subscribe();
    const second = one(api.wait());
    await two.happened;
    expect(await failure(api.wait())).toMatchObject({ code: 'BUSY' });
    answers[1]?.(2);
    expect(await second).toBe(2);
    const third = one(api.wait());
    expect(await failure(api.wait())).toMatchObject({ code: 'BUSY' });
    answers[2]?.(3);
    expect(await third).toBe(3);
    subscription.unsubscribe();
  });

  it('of calls at once: the next one takes the place of one that is given up, though it comes with the news of that', async () => {
    const waits = new Signal();
    const { api } = connected<Pick<Waits, 'take'>>(
      {
        take: (text) => {
          if (text === 'first') {
            waits.happen();
            return NEVER;
          }
          return 2;
        },
      },
      { serve: { maxConcurrent: 1 } },
    );
    const texts$ = new BehaviorSubject('first');
    const answer = one(texts$.pipe(switchMap((text) => api.take(text))));
    await waits.happened;
    texts$.next('second');
    expect(await answer).toBe(2);
  });

  it('of values that wait: beyond them the source is let go of, and the caller hears OVERFLOW', async () => {
    const letGo = new Signal();
    const { api } = connected<Pick<Waits, 'feed'>>(
      {
        feed: () => {
          const { values$, letGo: gone } = endless(...Array.from({ length: 60 }, () => 'x'.repeat(1000)));
          void gone.happened.then(letGo.happen);
          return values$;
        },
      },
      { serve: { limit: 10_000 } },
    );
    const error = new Signal<unknown>();
    api.feed().deliveries$.subscribe({ error: error.happen }); // acknowledges nothing
    expect(await error.happened).toMatchObject({
      name: 'RemoteError',
      code: 'OVERFLOW',
      message: expect.stringContaining('more than 10000 bytes') as string,
    });
    await letGo.happened;
  });

  it('of values that wait at the caller: the call fails with OverflowError', async () => {
    const { api } = connected<Pick<Waits, 'upload'>>({ upload: () => NEVER }, { remote: { limit: 10_000 } });
    const { values$, letGo } = endless(...Array.from({ length: 60 }, () => 'x'.repeat(1000)));
    expect(await failure(api.upload(values$))).toMatchObject({ code: 'ERR_RXMUX_OVERFLOW' });
    await letGo.happened;
  });

  it("of messages: a larger one of the caller's is refused", async () => {
    const { api } = connected<Pick<Waits, 'take'>>({ take: () => 1 }, { serve: { maxMessageSize: 100 } });
    expect(await one(api.take('x'.repeat(80)))).toBe(1);
    expect(await failure(api.take('x'.repeat(100)))).toMatchObject({ code: 'MESSAGE_TOO_BIG' });
  });

  it('of messages: the caller does not send a larger one', async () => {
    const { api, near } = connected<Pick<Waits, 'take'>>(
      { take: () => 1 },
      { remote: { maxMessageSize: 100 } },
    );
    expect(await failure(api.take('x'.repeat(100)))).toMatchObject({ code: 'ERR_RXMUX_MESSAGE_TOO_BIG' });
    expect(near.openChannels.size).toBe(0);
  });

  it("of messages: a larger value of the far side's fails the call", async () => {
    const { api } = connected<Pick<Waits, 'feed'>>(
      { feed: () => of('x'.repeat(100)) },
      { remote: { maxMessageSize: 100 } },
    );
    expect(await failure(api.feed())).toMatchObject({ code: 'ERR_RXMUX_MESSAGE_TOO_BIG' });
  });

  it('of memory at the caller, whose window is 16 KiB, and at the far end, whose queue is', async () => {
    const { api, near, far } = connected<Pick<Waits, 'feed'>>({
      feed: () => new Subject<string>(),
    });
    const subscription = api.feed().subscribe();
    const [channel] = near.openChannels.values();
    expect(channel?.receiveWindow$.value).toBeLessThanOrEqual(16_384);
    const offered = new Signal();
    const watch = setInterval(() => {
      if (far.openChannels.size > 0) {
        offered.happen();
      }
    }, 1);
    await offered.happened;
    clearInterval(watch);
    const [served] = far.openChannels.values();
    expect(served?.receiveWindow$.value).toBeLessThanOrEqual(16_384);
    subscription.unsubscribe();
  });
});

describe('the context', () => {
  interface Who {
    who(): Promise<unknown>;
    feed(): Observable<never>;
  }

  it('has the metadata of the call, and its channel', async () => {
    const { near, far } = muxPair();
    serve<Pick<Who, 'who'>>(far, ({ metadata, channel }) => ({
      who: () => [[metadata, channel.openedBy, far.openChannels.get(channel.id) === channel]],
    }));
    const methods: string[] = [];
    const named = remote<Pick<Who, 'who'>>(near, {
      metadata: (method) => {
        methods.push(method);
        return { token: 't', ä: [1] };
      },
    });
    const nameless = remote<Pick<Who, 'who'>>(near);
    expect(await one(named.who())).toEqual([{ token: 't', ä: [1] }, 'peer', true]);
    expect(await one(nameless.who())).toEqual([null, 'peer', true]);
    expect(methods).toEqual(['who']);
  });

  it('refuses the call where its function throws', async () => {
    const reported: unknown[] = [];
    const { api } = connected<Pick<Who, 'who'>>(
      ({ metadata }) => {
        if (metadata === 'bad') {
          throw new RemoteError('UNAUTHENTICATED', 'who are you?');
        }
        throw new Error('a secret');
      },
      { serve: { onError: (error) => reported.push(error) }, remote: { metadata: () => 'bad' } },
    );
    expect(await failure(api.who())).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(reported).toEqual([]);
    const other = connected<Pick<Who, 'who'>>(
      () => {
        throw new Error('a secret');
      },
      { serve: { onError: (error) => reported.push(error) } },
    );
    expect(await failure(other.api.who())).toMatchObject({
      code: 'INTERNAL',
      message: 'the call has failed',
    });
    expect(reported).toEqual([new Error('a secret')]);
  });

  it('has a signal that is aborted where the caller unsubscribes, and not at a good end', async () => {
    const signals: AbortSignal[] = [];
    const aborted = new Signal<unknown>();
    const called = new Signal();
    const { api } = connected<Who>(({ signal }) => ({
      who: () => {
        signals.push(signal);
        return 5;
      },
      feed: () => {
        signal.addEventListener('abort', () => {
          aborted.happen(signal.reason);
        });
        called.happen();
        return NEVER;
      },
    }));
    expect(await one(api.who())).toBe(5);
    const subscription = api.feed().subscribe();
    await called.happened;
    subscription.unsubscribe();
    expect(await aborted.happened).toMatchObject({ code: 'ERR_RXMUX_STOPPED' });
    expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  });

  it('has a signal that is aborted from the first, where it is asked for late', async () => {
    const called = new Signal();
    const over = new Signal();
    const seen = new Signal<AbortSignal>();
    const { api } = connected<Pick<Who, 'who'>>((context) => ({
      who: async () => {
        context.channel.stopped$.subscribe(over.happen);
        called.happen();
        await over.happened;
        seen.happen(context.signal);
      },
    }));
    const subscription = api.who().subscribe();
    await called.happened;
    subscription.unsubscribe();
    expect((await seen.happened).aborted).toBe(true);
  });

  it('is not asked where as many calls as may be are under way', async () => {
    let asked = 0;
    const called = new Signal();
    const { api } = connected<Who>(
      () => {
        asked += 1;
        called.happen();
        return { who: () => 1, feed: () => NEVER };
      },
      { serve: { maxConcurrent: 1 } },
    );
    const subscription = api.feed().subscribe();
    await called.happened;
    expect(await failure(api.who())).toMatchObject({ code: 'BUSY' });
    expect(asked).toBe(1);
    subscription.unsubscribe();
  });

  it('may give handlers without the method', async () => {
    const { api } = connected<Who>(() => ({}) as never);
    expect(await failure(api.who())).toMatchObject({ code: 'UNKNOWN_METHOD' });
  });

  it.each([undefined, null, 1, 'who'])('may give %p, which has no methods', async (given) => {
    const { api } = connected<Who>(() => given as never);
    expect(await failure(api.who())).toMatchObject({ code: 'UNKNOWN_METHOD' });
  });
});

describe('metadata', () => {
  it('are the call’s own: what a handler does to them reaches no other call', async () => {
    const seen: number[] = [];
    const { api } = connected<{ look: () => Promise<Uint8Array> }>(
      ({ metadata }) => ({
        look: () => {
          const own = metadata as Uint8Array;
          seen.push(own[0] ?? NaN);
          own.fill(0);
          return Promise.resolve(Uint8Array.of(1));
        },
      }),
      {
        serve: { codec: bytes() },
        remote: { codec: bytes(), metadata: () => Uint8Array.of(7) },
      },
    );
    await Promise.all([one(api.look()), one(api.look())]);
    expect(seen).toEqual([7, 7]);
  });

  interface Who {
    who(): Promise<unknown>;
  }

  it('are asked for at each call, and may be none', async () => {
    const given = ['a', undefined, 'b', undefined];
    const { api } = connected<Who>(({ metadata }) => ({ who: () => [metadata] }), {
      remote: { metadata: () => given.shift() },
    });
    const seen: unknown[] = [];
    while (given.length > 0) {
      seen.push(await one(api.who()));
    }
    expect(seen).toStrictEqual(['a', undefined, 'b', undefined]);
  });

  it('that cannot be given fails the call', async () => {
    const error = new Error('no token');
    const { api } = connected<Who>(
      { who: () => 5 },
      {
        remote: {
          metadata: () => {
            throw error;
          },
        },
      },
    );
    expect(await failure(api.who())).toBe(error);
  });

  it('that are still to come fail the call, which is not made', async () => {
    const { api, near } = connected<Who>({ who: () => 5 }, { remote: { metadata: async () => 'token' } });
    expect(await failure(api.who())).toEqual(new TypeError('options.metadata must return no promise'));
    expect(near.openChannels.size).toBe(0);
  });

  it('of more bytes than fit fails the call, which is not made', async () => {
    const { api, near } = connected<Who>(
      { who: () => 5 },
      { remote: { metadata: () => 'x'.repeat(65_000) } },
    );
    expect(await failure(api.who())).toEqual(
      new RangeError("a method's name and metadata must be at most 64986 bytes, got 65005"),
    );
    expect(near.openChannels.size).toBe(0);
    const large = connected<Who>(({ metadata }) => ({ who: () => String(metadata).length }), {
      remote: { metadata: () => 'x'.repeat(64_900) },
    });
    expect(await one(large.api.who())).toBe(64_900);
  });
});

describe('serve', () => {
  interface Feed {
    feed(): Observable<number>;
  }
  interface Name {
    name(): Promise<string>;
  }

  it('leaves other channels to channels$, also while nobody subscribes to that', async () => {
    const { near, far } = muxPair({ far: { acceptBacklog: 1 } });
    serve<Name>(far, { name: () => 'served' });
    const api = remote<Name>(near);
    const channel = near.open('other');
    channel.outbound$.complete();
    expect(await Promise.all([one(api.name()), one(api.name())])).toEqual(['served', 'served']);
    expect(String((await one(far.channels$)).handshake)).toBe('other');
    channel.destroy();
  });

  it('does not have parseHandshake see its calls', async () => {
    const parsed: string[] = [];
    const problems: unknown[] = [];
    const { near, far } = muxPair({
      far: {
        parseHandshake: (data) => {
          parsed.push(data.toString());
          return JSON.parse(data.toString()) as unknown;
        },
      },
    });
    far.errors$.subscribe((error) => problems.push(error));
    serve<Name>(far, { name: () => 'served' });
    expect(await one(remote<Name>(near).name())).toBe('served');
    expect([parsed, problems]).toEqual([[''], []]);
  });

  it('takes calls that came before it, too', async () => {
    const { near, far } = muxPair();
    const early = one(remote<Name>(near).name());
    const other = near.open('other');
    await channelsOf(far, 2);
    serve<Name>(far, { name: () => 'served' });
    expect(await early).toBe('served');
    expect(await one(far.channels$)).toMatchObject({ id: other.id });
    other.destroy();
  });

  it('takes calls that came before it where it is not the first in its turn', async () => {
    const { near, far } = muxPair();
    const api = remote<Feed & Name & { other(): Promise<void> }>(near);
    const early = [one(api.name()), one(api.feed()), failure(api.other())];
    await channelsOf(far, early.length);
    let asked = 0;
    serve<Feed>(far, () => {
      asked += 1;
      return { feed: () => of(1) };
    });
    serve<Name>(far, { name: () => 'second' });
    expect(await Promise.all(early)).toMatchObject(['second', 1, { code: 'UNKNOWN_METHOD' }]);
    expect(asked).toBe(early.length); // once for each
  });

  it('that nobody has, and whose mux is destroyed in its turn, is answered by nobody', async () => {
    const { near, far } = muxPair();
    const called = failure(remote<Name>(near).name());
    await channelsOf(far, 1);
    serve<Feed>(far, { feed: () => of(1) });
    far.destroy();
    expect(await called).toMatchObject({ code: 'ERR_RXMUX_CARRIER_ENDED' });
  });

  it('goes on under several names: a call is for the first that has the method', async () => {
    const { near, far } = muxPair();
    const servings = [
      serve<Feed>(far, { feed: () => of(1) }),
      serve<Name>(far, { name: () => 'first' }),
      serve<Feed & Name>(far, () => ({ feed: () => of(3), name: () => 'third' })),
    ];
    const api = remote<Feed & Name & { other(): Promise<void> }>(near);
    expect([await one(api.feed()), await one(api.name())]).toEqual([1, 'first']);
    expect(await failure(api.other())).toMatchObject({ code: 'UNKNOWN_METHOD' });
    servings[1]?.unsubscribe();
    expect([await one(api.feed()), await one(api.name())]).toEqual([1, 'third']);
    servings[0]?.unsubscribe();
    expect(await one(api.feed())).toBe(3);
    servings[2]?.unsubscribe();
  });

  it('that is unsubscribed fails its calls, lets go of their sources, and leaves new ones to channels$', async () => {
    const { near, far } = muxPair();
    const { values$, letGo } = endless(1);
    const serving = serve<Feed>(far, { feed: () => values$ });
    const api = remote<Feed>(near);
    const first = new Signal();
    const failed = new Signal<unknown>();
    api.feed().subscribe({
      next: () => {
        first.happen();
      },
      error: failed.happen,
    });
    await first.happened;
    serving.unsubscribe();
    await letGo.happened;
    expect(await failed.happened).toMatchObject({ code: 'UNAVAILABLE' });
    const subscription = api.feed().subscribe();
    const channel = await one(far.channels$);
    expect(channel.handshake?.toString()).toContain('feed');
    subscription.unsubscribe();
    const again = serve<Feed>(far, { feed: () => of(7) });
    expect(await one(api.feed())).toBe(7);
    again.unsubscribe();
  });

  it('that is unsubscribed by the function of the context fails that call, too', async () => {
    const { near, far } = muxPair();
    let called = false;
    const serving = serve<Feed>(far, () => {
      serving.unsubscribe();
      return {
        feed: () => {
          called = true;
          return of(1);
        },
      };
    });
    expect(await failure(remote<Feed>(near).feed())).toMatchObject({ code: 'UNAVAILABLE' });
    expect(called).toBe(false);
  });

  it('lets go of everything where the connection goes', async () => {
    const { values$, letGo } = endless(1);
    const { api, near, cut } = connected<Feed>({ feed: () => values$ });
    const first = new Signal();
    const failed = new Signal<unknown>();
    api.feed().subscribe({
      next: () => {
        first.happen();
      },
      error: failed.happen,
    });
    await first.happened;
    cut();
    await letGo.happened;
    expect(await failed.happened).toMatchObject({ code: 'ERR_RXMUX_CARRIER_ENDED' });
    expect(await failure(api.feed())).toMatchObject({ code: 'ERR_RXMUX_CARRIER_FINISHED' });
    expect(near.openChannels.size).toBe(0);
  });

  it('is waited for by close()', async () => {
    const answer$ = new Subject<number>();
    const { near, far } = muxPair();
    const called = new Signal();
    serve<Feed>(far, {
      feed: () => {
        called.happen();
        return answer$;
      },
    });
    const result = one(remote<Feed>(near).feed());
    await called.happened;
    const closed = far.close();
    answer$.next(5);
    expect(await result).toBe(5);
    answer$.complete();
    await near.close();
    await closed;
  });

  it.each<[string, () => unknown, string]>([
    ['no mux', () => serve<Name>({} as never, { name: () => '' }), 'serve takes a Mux, got an object'],
    [
      'nothing for a mux',
      () => serve<Name>(null as never, { name: () => '' }),
      'serve takes a Mux, got null',
    ],
    [
      'no handlers',
      () => serve<Name>(muxPair().far, null as never),
      'handlers must be an object or a function, got null',
    ],
    [
      'an unknown option',
      () => serve<Name>(muxPair().far, {} as never, { max: 1 } as never),
      'options.max is not an option',
    ],
    [
      'no codec',
      () => serve<Name>(muxPair().far, {} as never, { codec: {} as never }),
      'options.codec.encode must be a function, got undefined',
    ],
    [
      'half a codec',
      () => serve<Name>(muxPair().far, {} as never, { codec: { encode: () => Buffer.of() } as never }),
      'options.codec.decode must be a function, got undefined',
    ],
    [
      'no place for calls',
      () => serve<Name>(muxPair().far, {} as never, { maxConcurrent: 0 }),
      'options.maxConcurrent must be a whole number from 1, got 0',
    ],
    [
      'a wrong option of channels',
      () => serve<Name>(muxPair().far, {} as never, { channel: { priority: 9 } }),
      'options.channel.priority must be a whole number 0 … 7, got 9',
    ],
    [
      'no function for errors',
      () => serve<Name>(muxPair().far, {} as never, { onError: 5 as never }),
      'options.onError must be a function, got 5',
    ],
    [
      'no limit',
      () => serve<Name>(muxPair().far, {} as never, { limit: -1 }),
      'options.limit must be a whole number from 0, got -1',
    ],
    [
      'no overflow',
      () => serve<Name>(muxPair().far, {} as never, { overflow: 'x' as never }),
      "options.overflow must be 'buffer', 'latest', 'drop' or 'error', got 'x'",
    ],
  ])('refuses %s', (_, wrong, message) => {
    expect(wrong).toThrow(message);
  });
});
