import {
  catchError,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  Subject,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs';
import type { Channel, Mux, PeerError } from '../../src/index.js';
import { text } from '../../src/messages.js';
import { type Handlers, remote, type RemoteError, serve, type ServeOptions } from '../../src/remote.js';
import { muxPair } from '../../src/testing.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { framed } from '../messages/support.js';
import { turn } from '../support/test-carrier.js';
import { all, endless, failure, one, Signal } from './support.js';

expectNothingUnhandled();

interface Served {
  echo(...args: unknown[]): Promise<unknown>;
  wait(): Observable<never>;
  read(texts$: Observable<string>): Observable<string>;
}

const VALUE = '\0';
const ERROR = '\x01';
const ARGUMENTS = '\x02';
const AND_STREAM = '\x03';

/** The handshake data of a call, to the byte. */
function header(method: string, { deadline = 0, metadata = '' } = {}): Buffer {
  const name = Buffer.from(method);
  const numbers = Buffer.alloc(7);
  numbers.writeUInt8(1, 0);
  numbers.writeUInt32BE(deadline, 1);
  numbers.writeUInt16BE(name.length, 5);
  return Buffer.concat([Buffer.from('\0rxcall'), numbers, name, Buffer.from(metadata)]);
}

/** A peer that does as it pleases, and an honest caller, to whom nothing happens. */
function strangers(options: ServeOptions<Served> = {}): {
  readonly call: (data: Uint8Array, ...messages: readonly (string | Uint8Array)[]) => Channel;
  readonly called: unknown[][];
  readonly honest: () => Promise<unknown>;
  readonly far: Mux;
} {
  const { near, far } = muxPair();
  const called: unknown[][] = [];
  const handlers: Handlers<Served> = {
    echo: (...args) => {
      called.push(args);
      return [args];
    },
    wait: () => NEVER,
    read: (texts$) => texts$,
  };
  serve<Served>(far, handlers, options);
  return {
    call: (data, ...messages) => {
      const channel = near.open(data);
      channel.outbound$.next(framed(...messages));
      return channel;
    },
    called,
    honest: () => one(remote<Served>(near).echo('honest')),
    far,
  };
}

/** What comes back: values, and how it ends. */
async function answer({ inbound$ }: Channel): Promise<string> {
  const chunks: Buffer[] = [];
  const end = await new Promise<string>((resolve) => {
    inbound$.subscribe({
      next: (chunk) => chunks.push(chunk),
      error: (reason: unknown) => {
        resolve(`PeerError ${(reason as PeerError).reason?.code}`);
      },
      complete: () => {
        resolve('END');
      },
    });
  });
  return Buffer.concat(chunks).toString() + end;
}

const error = (code: string, message: string): string =>
  framed(`${ERROR}${JSON.stringify({ code, message })}`).toString();

const noMethod = (name: string): string => `${error('UNKNOWN_METHOD', `there is no method ${name}`)}END`;
const noCall = `${error('BAD_CALL', 'the header cannot be read')}END`;
const badArguments = `${error('BAD_ARGUMENTS', 'the arguments cannot be read')}END`;

describe('a call, on the wire,', () => {
  it('is its header as handshake data, its arguments in a message, and values in the answer', async () => {
    const { call, called } = strangers();
    const channel = call(header('echo'), `${ARGUMENTS}["ä",{"a":1}]`);
    channel.outbound$.complete();
    expect(await answer(channel)).toBe(`${framed(`${VALUE}["ä",{"a":1}]`).toString()}END`);
    expect(called).toEqual([['ä', { a: 1 }]]);
  });

  it('has a kind of its own for a value of which the codec makes no bytes', async () => {
    const { near, far } = muxPair();
    serve<{ values(): Observable<unknown> }>(
      far,
      { values: () => of('', undefined, 'a') },
      { codec: text() },
    );
    const channel = near.open(header('values'));
    channel.outbound$.next(framed(ARGUMENTS));
    channel.outbound$.complete();
    expect(await answer(channel)).toBe(`${framed('\x04', VALUE, `${VALUE}a`).toString()}END`);
  });

  it('is that, as the caller makes it', async () => {
    const { near, far } = muxPair();
    const api = remote<Served>(near, {
      deadline: 300_000,
      metadata: () => ({ token: 't' }),
      scheduler: new VirtualTimeScheduler(), // in which no time passes
    });
    const result = all(api.read(of('a', 'b')));
    const channel = await one(far.channels$);
    expect(channel.handshake).toEqual(header('read', { deadline: 300_000, metadata: '{"token":"t"}' }));
    const chunk = await firstValueFrom(channel.inbound$);
    expect(chunk).toEqual(framed(AND_STREAM, `${VALUE}"a"`, `${VALUE}"b"`));
    channel.outbound$.next(framed(VALUE, `${VALUE}5`));
    channel.outbound$.complete();
    expect(await result).toEqual([undefined, 5]);
  });

  it('ends behind its arguments, where none of them is a stream', async () => {
    const { near, far } = muxPair();
    const result = all(remote<Served>(near).echo('a'));
    const channel = await one(far.channels$);
    expect(await answer(channel)).toBe(`${framed(`${ARGUMENTS}["a"]`).toString()}END`);
    channel.outbound$.next(framed(`${VALUE}"b"`));
    channel.outbound$.complete();
    expect(await result).toEqual(['b']);
  });

  it('has its bytes in any pieces', async () => {
    const { call } = strangers();
    const channel = call(header('echo'));
    const bytes = framed(`${ARGUMENTS}[1,2]`);
    for (const byte of bytes) {
      channel.outbound$.next(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    channel.outbound$.complete();
    expect(await answer(channel)).toBe(`${framed(`${VALUE}[1,2]`).toString()}END`);
  });
});

describe('a stranger', () => {
  it.each<[string, Uint8Array, string]>([
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', 'ECHO', 'echo\0'].map(
      (name): [string, Uint8Array, string] => [`the method '${name}'`, header(name), noMethod(name)],
    ),
    [
      'a name that is no UTF-8',
      Buffer.concat([header('x').subarray(0, -1), Buffer.of(255)]),
      noMethod('\ufffd'),
    ],
    ['a long name, of which the beginning is told', header('a'.repeat(64_000)), noMethod('a'.repeat(99))],
    ['nothing behind the mark', Buffer.from('\0rxcall'), noCall],
    ['a header that is cut short', header('').subarray(0, 13), noCall],
    ['a name that is cut short', header('echo').subarray(0, -1), noCall],
    ['another version', Buffer.from(header('echo')).fill(2, 7, 8), noCall],
  ])('that asks for %s hears of it, and nobody is called', async (_, data, expected) => {
    const { call, called, honest } = strangers();
    const channel = call(data, `${ARGUMENTS}[]`);
    channel.outbound$.complete();
    expect(await answer(channel)).toBe(expected);
    expect(called).toEqual([]);
    expect(await honest()).toEqual(['honest']);
  });

  it.each<[string, readonly (string | Uint8Array)[], string]>([
    ['a value before arguments', [`${VALUE}1`], 'PeerError BAD_MESSAGE'],
    ['an error before arguments', [`${ERROR}{"code":"A","message":"b"}`], 'PeerError BAD_MESSAGE'],
    ['a message of an unknown kind', ['\x04[]'], 'PeerError BAD_MESSAGE'],
    ['a message of no kind', [''], 'PeerError BAD_MESSAGE'],
    ['a kind beyond all', [Buffer.of(255)], 'PeerError BAD_MESSAGE'],
    ['arguments that are no JSON', [`${ARGUMENTS}[1`], badArguments],
    ['arguments that are no UTF-8', [Buffer.of(2, 0x5b, 0xff, 0x5d)], badArguments],
    ['arguments that are an object', [`${ARGUMENTS}{"length":1}`], badArguments],
    ['arguments that are a number', [`${ARGUMENTS}5`], badArguments],
    ['arguments that are null', [`${ARGUMENTS}null`], badArguments],
    ['a stream behind no JSON', [`${AND_STREAM}[`], badArguments],
  ])('that sends %s hears of it, and nobody is called', async (_, messages, expected) => {
    const { call, called, honest } = strangers();
    const channel = call(header('echo'), ...messages);
    expect(await answer(channel)).toBe(expected);
    expect(called).toEqual([]);
    channel.destroy();
    expect(await honest()).toEqual(['honest']);
  });

  it('that ends before its arguments hears of it', async () => {
    const { call, honest } = strangers();
    const channel = call(header('echo'));
    channel.outbound$.complete();
    expect(await answer(channel)).toBe('PeerError BAD_MESSAGE');
    expect(await honest()).toEqual(['honest']);
  });

  it('that gives up before its arguments takes no place', async () => {
    const { call, honest, far } = strangers({ maxConcurrent: 1 });
    call(header('echo')).destroy(new Error('given up'));
    await new Promise<void>((resolve) => {
      far.removed$.subscribe(() => {
        resolve();
      });
    });
    expect(await honest()).toEqual(['honest']);
  });

  it('that never sends its arguments takes one place of maxConcurrent, until it goes', async () => {
    const { call, far } = strangers({ maxConcurrent: 1 });
    const channel = call(header('echo'));
    const second = call(header('echo'), `${ARGUMENTS}[]`);
    expect(await answer(second)).toBe(`${error('BUSY', 'too many calls')}END`);
    channel.destroy();
    second.destroy();
    await one(far.removed$);
  });

  it('that claims a message of 4 GiB hears of it, and none of it is kept', async () => {
    const { call, honest } = strangers();
    const channel = call(header('echo'));
    channel.outbound$.next(Buffer.of(255, 255, 255, 255, 2));
    expect(await answer(channel)).toBe('PeerError MESSAGE_TOO_BIG');
    expect(await honest()).toEqual(['honest']);
  });

  it('that goes on behind its arguments is not read', async () => {
    const { call, called } = strangers();
    const channel = call(header('echo'), `${ARGUMENTS}[1]`, `${ARGUMENTS}[2]`, '\x09');
    expect(await answer(channel)).toBe(`${framed(`${VALUE}[1]`).toString()}END`);
    expect(called).toEqual([[1]]);
  });

  it('that could go on behind its arguments is told at once that nobody reads that', async () => {
    const { call } = strangers();
    const channel = call(header('wait'), `${ARGUMENTS}[]`);
    channel.inbound$.subscribe();
    await expect(lastValueFrom(channel.stopped$)).resolves.toBeUndefined();
  });

  it.each<[string, readonly (string | Uint8Array)[], string]>([
    ['arguments once more', [`${ARGUMENTS}[2]`], ''],
    ['arguments once more, and a stream', [`${AND_STREAM}[2]`], ''],
    ['an unknown kind', ['\x09'], ''],
    ['what is no JSON', [`${VALUE}{`], ''],
    ['an error without a code', [`${ERROR}{"message":"a"}`], ''],
    ['an error that is a number', [`${ERROR}5`], ''],
    ['an error, and more behind it', [`${ERROR}{"code":"A","message":"b"}`, `${VALUE}"x"`], error('A', 'b')],
  ])('that sends %s in its stream fails the call', async (_, messages, expected) => {
    const { call, honest } = strangers();
    const channel = call(header('read'), `${AND_STREAM}[]`, `${VALUE}"first"`, ...messages);
    const said = await answer(channel);
    expect(said).toBe(
      `${framed(`${VALUE}"first"`).toString()}${expected}${expected === '' ? 'PeerError BAD_MESSAGE' : 'END'}`.replace(
        expected === '' ? framed(`${VALUE}"first"`).toString() : '\uffff',
        '',
      ),
    );
    channel.destroy();
    expect(await honest()).toEqual(['honest']);
  });

  it('that sends arguments in its stream gets no answer of a handler that goes on where that fails', async () => {
    const { near, far } = muxPair();
    const aborted = new Signal();
    serve<Pick<Served, 'read'>>(far, ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted.happen();
      });
      return { read: (texts$) => texts$.pipe(catchError(() => of('an answer'))) };
    });
    const channel = near.open(header('read'));
    channel.outbound$.next(framed(`${AND_STREAM}[]`, `${ARGUMENTS}[2]`));
    expect(await answer(channel)).toBe('PeerError BAD_MESSAGE');
    await aborted.happened;
    channel.destroy();
  });

  it('that sends metadata which are no JSON is refused where somebody would read them', async () => {
    const { near, far } = muxPair();
    serve<Served>(far, () => ({}) as never);
    const channel = near.open(header('echo', { metadata: '{' }));
    expect(await answer(channel)).toBe(`${error('BAD_CALL', 'the metadata cannot be read')}END`);
  });

  it('may state any deadline', async () => {
    const { call } = strangers();
    const channel = call(header('echo', { deadline: 0xffff_ffff }), `${ARGUMENTS}[1]`);
    channel.outbound$.complete();
    expect(await answer(channel)).toBe(`${framed(`${VALUE}[1]`).toString()}END`);
  });

  it('that wants no answer any more, and goes on sending, has the argument that is a stream fail', async () => {
    const { near, far } = muxPair();
    const heard$ = new Subject<unknown>();
    serve<Pick<Served, 'read'>>(far, {
      read: (texts$) => {
        texts$.pipe(catchError((error: unknown) => [error])).subscribe(heard$);
        return NEVER;
      },
    });
    const channel = near.open(header('read'));
    const heard = firstValueFrom(heard$);
    channel.outbound$.next(framed(`${AND_STREAM}[]`, `${VALUE}"one"`));
    expect(await heard).toBe('one');
    const rest = lastValueFrom(heard$.pipe(toArray()));
    channel.cancel();
    channel.outbound$.next(framed(`${VALUE}"two"`));
    expect(await rest).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_STOPPED' })]); // it overtakes bytes
    channel.destroy();
  });

  it('that has given up before it is served leaves no timer of its deadline', async () => {
    const scheduler = new VirtualTimeScheduler();
    const { near, far } = muxPair({ far: { scheduler } });
    near.open(header('wait', { deadline: 300_000 })).outbound$.error(new Error('given up'));
    while ([...far.openChannels.values()].every((channel) => channel.stats().states.inbound !== 'over')) {
      await turn();
    }
    serve<Served>(far, { wait: () => NEVER } as unknown as Handlers<Served>);
    expect(far.openChannels.size).toBe(1);
    expect(scheduler.actions.filter(({ delay, closed }) => delay === 300_000 && !closed)).toEqual([]);
    near.destroy();
  });

  it('makes more calls at once than there is memory to remember as refused: each fails or is answered', async () => {
    const { near, far } = muxPair({ far: { maxMemory: 1_048_576 } });
    serve<Served>(far, {
      echo: (value) => Promise.resolve(value),
      wait: () => NEVER,
      read: (texts$) => texts$,
    });
    const { echo } = remote<Served>(near);
    const calls = Array.from({ length: 1000 }, (_, index) =>
      one(echo(index)).catch((error: unknown) => (error as RemoteError).code),
    );
    const answers = await Promise.all(calls);
    expect(answers.filter((code) => code === 'FULL')).toHaveLength(1000 - 64);
    expect(answers.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, index) => index));
    expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
  });

  it('that floods with calls gets BUSY, and nothing piles up', async () => {
    const { call, far } = strangers({ maxConcurrent: 10 });
    const channels = Array.from({ length: 500 }, () => call(header('wait'), `${ARGUMENTS}[]`));
    const busy = `${error('BUSY', 'too many calls')}END`;
    expect(new Set(await Promise.all(channels.slice(10).map(answer)))).toEqual(new Set([busy]));
    expect(far.openChannels.size).toBeLessThanOrEqual(500);
    for (const channel of channels) {
      channel.destroy();
    }
    while (far.openChannels.size > 0) {
      await one(far.removed$);
    }
  });

  it('that brings metadata with calls has them refused where all handshake data has no more memory', async () => {
    const { near, far } = muxPair({ far: { maxMemory: 1_048_576 } });
    serve<Served>(far, { echo: (...args) => [args], wait: () => NEVER, read: (texts$) => texts$ });
    const data = header('wait', { metadata: `"${'x'.repeat(30_000)}"` });
    const first = near.open(data);
    near.open(data);
    expect(await failure(near.open(data).inbound$)).toMatchObject({ reason: { code: 'FULL' } });
    expect(await one(remote<Served>(near).echo('small'))).toEqual(['small']);
    const removed = one(far.removed$);
    first.destroy();
    await removed;
    const { echo } = remote<Served>(near, { metadata: () => 'x'.repeat(30_000) });
    expect(await one(echo('large'))).toEqual(['large']);
    near.destroy();
  });
});

describe('a server that is a stranger', () => {
  /** A call, and the channel of it at the server. */
  async function called(): Promise<{ readonly result: Promise<unknown>; readonly channel: Channel }> {
    const { near, far } = muxPair();
    const result = failure(remote<Served>(near).echo());
    return { result, channel: await one(far.channels$) };
  }

  it.each<[string, string, object]>([
    ['an unknown kind', '\x09', { code: 'ERR_RXMUX_DECODE' }],
    ['what is no JSON', `${VALUE}{`, { code: 'ERR_RXMUX_DECODE' }],
    [
      'arguments',
      `${ARGUMENTS}[]`,
      { code: 'ERR_RXMUX_DECODE', message: 'arguments where values were to come' },
    ],
    ['an error without words', `${ERROR}{"code":"A"}`, { code: 'ERR_RXMUX_DECODE' }],
    ['an error of numbers', `${ERROR}{"code":1,"message":2}`, { code: 'ERR_RXMUX_DECODE' }],
    ['an error of nothing', ERROR, { code: 'ERR_RXMUX_DECODE' }],
    ['an error', `${ERROR}{"code":"__proto__","message":"b","data":[1]}`, { code: '__proto__', data: [1] }],
  ])('fails its call where it sends %s', async (_, message, expected) => {
    const { result, channel } = await called();
    channel.outbound$.next(framed(message, `${VALUE}5`));
    expect(await result).toMatchObject(expected);
  });

  it('hears that it has sent arguments where values were to come', async () => {
    const { near, far } = muxPair();
    const result = failure(remote<Served>(near).read(NEVER)); // of which there is an end to come
    const channel = await one(far.channels$);
    const end = failure(channel.inbound$);
    channel.outbound$.next(framed(`${ARGUMENTS}[]`));
    expect(await result).toMatchObject({ code: 'ERR_RXMUX_DECODE', channelId: channel.id });
    expect(await end).toMatchObject({ reason: { code: 'BAD_MESSAGE' } });
  });

  it('fails its call where it refuses it, or ends in mid-message', async () => {
    const refused = await called();
    refused.channel.outbound$.error(new Error('a secret'));
    expect(await refused.result).toMatchObject({ code: 'ERR_RXMUX_PEER' });
    const cut = await called();
    cut.channel.outbound$.next(Buffer.of(0, 0, 0, 9, 0));
    cut.channel.outbound$.complete();
    expect(await cut.result).toMatchObject({ code: 'ERR_RXMUX_DECODE' });
  });

  it('that stops a stream, and goes on with its answer, gets no more of it', async () => {
    const { near, far } = muxPair();
    const { values$, letGo } = endless('a');
    const heard: unknown[] = [];
    const over = new Signal();
    remote<Served>(near)
      .read(values$)
      .subscribe({ next: (value) => heard.push(value), complete: over.happen });
    const channel = await one(far.channels$);
    channel.cancel();
    await letGo.happened;
    channel.outbound$.next(framed(`${VALUE}"b"`));
    channel.outbound$.complete();
    await over.happened;
    expect(heard).toEqual(['b']);
  });
});

describe('a peer that speaks plain bpmux', () => {
  it('calls, and is answered', async () => {
    const { near, far } = muxPair({ near: { extensions: false } });
    serve<Served>(far, { echo: (...args) => [args], wait: () => NEVER, read: (texts$) => texts$ });
    const api = remote<Served>(near);
    expect(await one(api.echo(1, 'a'))).toEqual([1, 'a']);
    expect(await all(api.read(of('a', 'b')))).toEqual(['a', 'b']);
    expect(await failure((api as unknown as { other(): Observable<void> }).other())).toMatchObject({
      code: 'UNKNOWN_METHOD',
    });
  });

  it('that gives up a stream ends its call', async () => {
    const { near, far } = muxPair({ near: { extensions: false } });
    const letGo = new Signal();
    const called = new Signal();
    serve<Pick<Served, 'read'>>(far, {
      read: () => {
        called.happen();
        return new Observable(() => () => {
          letGo.happen();
        });
      },
    });
    const subscription = remote<Served>(near).read(NEVER).subscribe();
    await called.happened;
    subscription.unsubscribe();
    await letGo.happened;
  });
});
