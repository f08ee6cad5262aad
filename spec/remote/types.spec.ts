import {
  count,
  firstValueFrom,
  from,
  lastValueFrom,
  type Observable,
  type ObservableInput,
  of,
  Subject,
  type Subscription,
} from 'rxjs';
import { z } from 'zod';
import type { Mux } from '../../src/index.js';
import type { MessageDelivery } from '../../src/messages.js';
import {
  type Api,
  type Handlers,
  remote,
  type Remote,
  type RemoteObservable,
  serve,
} from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';

interface Tick {
  readonly symbol: string;
  readonly price: number;
}

interface Order {
  readonly symbol: string;
  readonly amount: number;
}

interface Market {
  prices(symbol: string): Observable<Tick>;
  place(order: Order, note?: string): Promise<number>;
  chat(room: string, mine$: Observable<string>): Observable<string>;
  list(): Promise<string[]>;
  close(): Promise<void>;
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** Fails to compile where the types are not the same. */
const same = <A, B>(_same: Same<A, B>): void => undefined;

const handlers: Handlers<Market> = {
  prices: (symbol) => of({ symbol, price: symbol.length }),
  place: ({ amount }, note) => amount + (note ?? '').length,
  chat: (room, mine$) => {
    same<typeof mine$, RemoteObservable<string>>(true);
    return mine$;
  },
  list: async () => ['ACME'],
  close: () => undefined,
};

// What is here is held by the compiler (`npm run typecheck`); the test runs it.
describe('the types of remote', () => {
  const { near, far } = muxPair();
  const market = remote<Market>(near);

  it('are those of the interface', async () => {
    serve<Market>(far, handlers);
    const prices$ = market.prices('ACME');
    same<typeof prices$, RemoteObservable<Tick>>(true);
    expect(prices$).toBeDefined();
    same<typeof prices$.deliveries$, Observable<MessageDelivery<Tick>>>(true);
    const placed$ = market.place({ symbol: 'ACME', amount: 3 }, 'note');
    same<typeof placed$, RemoteObservable<number>>(true);
    expect(await firstValueFrom(placed$)).toBe(7);
    const list$ = market.list();
    same<typeof list$, RemoteObservable<string[]>>(true);
    expect(await firstValueFrom(list$)).toEqual(['ACME']);
    const closed$ = market.close();
    expect(closed$).toBeDefined();
    same<typeof closed$, RemoteObservable<void>>(true);
    const said$ = market.chat('room', of('a'));
    same<typeof said$, RemoteObservable<string>>(true);
    expect(await firstValueFrom(said$)).toBe('a');
  });

  it('take as a stream what gives values one by one', () => {
    const stream = new ReadableStream<string>();
    async function* words(): AsyncGenerator<string> {
      yield* ['a'];
    }
    expect(market.chat('room', new Subject<string>())).toBeDefined();
    expect(market.chat('room', words())).toBeDefined();
    expect(market.chat('room', stream)).toBeDefined();
    // @ts-expect-error: of numbers
    expect(market.chat('room', of(1))).toBeDefined();
    // @ts-expect-error: an array is one value
    expect(market.chat('room', ['a'])).toBeDefined();
    // @ts-expect-error: no stream
    expect(market.chat('room')).toBeDefined();
  });

  it('refuse calls that are wrong', () => {
    // @ts-expect-error: an unknown method
    expect(market.price).toBeDefined();
    // @ts-expect-error: a wrong argument
    expect(market.prices(5)).toBeDefined();
    // @ts-expect-error: an argument is missing
    expect(market.prices()).toBeDefined();
    // @ts-expect-error: one too many
    expect(market.prices('ACME', 5)).toBeDefined();
    // @ts-expect-error: a wrong member
    expect(market.place({ symbol: 'ACME', amount: '3' })).toBeDefined();
    // @ts-expect-error: ticks come
    market.prices('ACME').subscribe((text: string) => text);
    // @ts-expect-error: it is no promise
    expect(market.list().then).toBeUndefined();
    expect(() => Object.assign(market, { list: 5 })).toThrow(TypeError);
  });

  it('refuse handlers that are wrong', () => {
    const { place, prices, chat, list, close } = handlers;
    const wrong: unknown[] = [
      // @ts-expect-error: one is missing
      serve<Market>(muxPair().far, { place, prices, chat, list }),
      // @ts-expect-error: a value that is none of these
      serve<Market>(muxPair().far, { place, prices: () => of(5), chat, list, close }),
      // @ts-expect-error: an argument that is none of these
      serve<Market>(muxPair().far, { place, prices: (_symbol: number) => of(), chat, list, close }),
      // @ts-expect-error: an array would be taken for values, one by one
      serve<Market>(muxPair().far, { place, prices, chat, list: () => ['ACME'], close }),
      // @ts-expect-error: not in the interface
      serve<Market>(muxPair().far, { place, prices, chat, list, close, other: close }),
      // @ts-expect-error: an option that there is not
      () => serve<Market>(muxPair().far, handlers, { concurrent: 5 }),
      // @ts-expect-error: not in the interface
      serve<Market>(muxPair().far, handlers, { schemas: { other: z.tuple([]) } }),
      // @ts-expect-error: a schema of something else than arguments
      serve<Market>(muxPair().far, handlers, { schemas: { place: z.string() } }),
    ];
    expect(wrong).toHaveLength(8);
  });

  it('refuse an interface that cannot be called', () => {
    interface Plain {
      add(a: number, b: number): number;
    }
    interface Text {
      name(): string;
    }
    interface Member {
      readonly name$: Observable<string>;
    }
    const wrong: unknown[] = [
      // @ts-expect-error: a number is no ObservableInput
      remote<Plain>(near),
      // @ts-expect-error: a string would be one of letters
      remote<Text>(near),
      // @ts-expect-error: no method
      remote<Member>(near),
      // @ts-expect-error: a number is no ObservableInput
      serve<Plain>(muxPair().far, { add: () => 5 }),
    ];
    expect(wrong).toHaveLength(4);
    same<
      Api<Plain>['add'],
      'a method must return an Observable, a promise, an iterable or a stream of what goes over the wire'
    >(true);
  });

  it('take results that may be of several kinds', async () => {
    interface Several {
      either(): Observable<number> | Promise<string>;
      any(): ObservableInput<boolean>;
    }
    interface Text {
      either(): Observable<number> | string;
    }
    const pair = muxPair();
    serve<Several>(pair.far, { either: () => 'a', any: () => [true] });
    const either$ = remote<Several>(pair.near).either();
    same<typeof either$, RemoteObservable<string | number>>(true);
    expect(await firstValueFrom(either$)).toBe('a');
    const any$ = remote<Several>(pair.near).any();
    same<typeof any$, RemoteObservable<boolean>>(true);
    expect(await firstValueFrom(any$)).toBe(true);
    // @ts-expect-error: a string would be one of letters
    expect(remote<Text>(near)).toBeDefined();
  });

  it('know a stream that need not be given', async () => {
    interface Upload {
      upload(name: string, lines$?: Observable<string>): Promise<number>;
    }
    async function* lines(): AsyncGenerator<string> {
      yield* ['a', 'b'];
    }
    const pair = muxPair();
    serve<Upload>(pair.far, {
      upload: async (_name, lines$) => {
        same<typeof lines$, RemoteObservable<string> | undefined>(true);
        return lines$ === undefined ? 0 : lastValueFrom(lines$.pipe(count()));
      },
    });
    const api = remote<Upload>(pair.near);
    expect(await firstValueFrom(api.upload('none'))).toBe(0);
    expect(await firstValueFrom(api.upload('two', lines()))).toBe(2);
    // @ts-expect-error: of numbers
    expect(api.upload('numbers', of(1))).toBeDefined();
  });

  it('give a handler an Observable of what comes one by one, whatever the interface calls it', async () => {
    interface Upload {
      lines(lines: AsyncIterable<string>): Promise<number>;
      file(name: string, file?: ReadableStream<Uint8Array>): Promise<number>;
      any(given: any): Promise<number>; // eslint-disable-line @typescript-eslint/no-explicit-any
    }
    const pair = muxPair();
    serve<Upload>(pair.far, {
      lines: (lines$) => {
        same<typeof lines$, RemoteObservable<string>>(true);
        return lastValueFrom(lines$.pipe(count()));
      },
      file: (_name, file$) => {
        same<typeof file$, RemoteObservable<Uint8Array> | undefined>(true);
        return file$ === undefined ? 0 : lastValueFrom(file$.pipe(count()));
      },
      any: () => 1,
    });
    const api = remote<Upload>(pair.near);
    const file = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new Uint8Array(3));
        controller.close();
      },
    });
    async function* lines(): AsyncGenerator<string> {
      yield* ['a', 'b'];
    }
    expect(await firstValueFrom(api.lines(lines()))).toBe(2);
    expect(await firstValueFrom(api.file('a', file))).toBe(1);
    // @ts-expect-error: it has become an Observable
    serve<Pick<Upload, 'file'>>(muxPair().far, { file: (_, stream: ReadableStream<Uint8Array>) => stream });
  });

  it('know what a stream of WHATWG gives', async () => {
    interface Words {
      words(): ReadableStream<string>;
      either(): ReadableStream<string> | Promise<number>;
    }
    const pair = muxPair();
    serve<Words>(pair.far, {
      words: () =>
        new ReadableStream<string>({
          start: (controller) => {
            controller.enqueue('a');
            controller.close();
          },
        }),
      either: () => 5,
    });
    const words$ = remote<Words>(pair.near).words();
    same<typeof words$, RemoteObservable<string>>(true);
    expect(await lastValueFrom(words$)).toBe('a');
    const either$ = remote<Words>(pair.near).either();
    same<typeof either$, RemoteObservable<string | number>>(true);
    expect(await firstValueFrom(either$)).toBe(5);
    // @ts-expect-error: a stream of something else
    serve<Pick<Words, 'words'>>(muxPair().far, { words: () => new ReadableStream<number>() });
    // @ts-expect-error: a stream of something else, too
    serve<Pick<Words, 'words'>>(muxPair().far, { words: () => new ReadableStream<string | number>() });
  });

  it('do not take bytes for numbers, one by one', () => {
    interface Numbers {
      numbers(): Observable<number>;
    }
    interface Bytes {
      bytes(): Promise<Uint8Array>;
    }
    interface Wrong {
      bytes(): Uint8Array;
    }
    const wrong: unknown[] = [
      // @ts-expect-error: they are one value
      remote<Wrong>(near),
      // @ts-expect-error: they are one value
      serve<Numbers>(muxPair().far, { numbers: () => new Uint8Array(3) }),
      serve<Bytes>(muxPair().far, { bytes: () => new Uint8Array(3) }),
    ];
    expect(wrong).toHaveLength(3);
  });

  it('let handlers be a function of the call', () => {
    const serving = serve<Market>(muxPair().far, ({ metadata, signal, channel }) => {
      same<typeof metadata, unknown>(true);
      same<typeof signal, AbortSignal>(true);
      same<typeof channel.id, number>(true);
      expect([metadata, signal, channel]).toBeDefined();
      return handlers;
    });
    same<typeof serving, Subscription>(true);
    expect(serving.closed).toBe(false);
  });

  it('take a mux whatever its handshakes are, and muxes', () => {
    const parsing = muxPair({ near: { parseHandshake: (data) => data.length } });
    const numbers: Mux<number> = parsing.near;
    expect(remote<Market>(numbers)).toBeDefined();
    expect(serve<Market>(numbers, handlers)).toBeDefined();
    expect(remote<Market>(from([near, far]))).toBeDefined();
    // @ts-expect-error: it is no mux
    expect(() => remote<Market>('mux')).toThrow(TypeError);
  });

  it('can be inferred from handlers', async () => {
    const calculator = {
      add(a: number, b: number): Observable<number> {
        return of(a + b);
      },
    } satisfies object;
    const pair = muxPair();
    serve<typeof calculator>(pair.far, calculator);
    const api: Remote<typeof calculator> = remote<typeof calculator>(pair.near);
    expect(await firstValueFrom(api.add(1, 2))).toBe(3);
  });
});
