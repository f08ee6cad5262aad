import { concat, concatMap, config, map, type Observable, Subject, take } from 'rxjs';
import { type Channel, ChannelError, Mux, PeerError, StoppedError } from '../../src/index.js';
import {
  bytes,
  type Codec,
  DecodeError,
  json,
  type Messages,
  type MessagesOptions,
  MessageTooBigError,
  text,
  toMessages,
} from '../../src/messages.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { framed, opened } from './support.js';

const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 6; turns += 1) {
    await turn();
  }
};

describe('toMessages', () => {
  it('takes no channel but one of a mux', () => {
    expect(() => toMessages({} as never, json())).toThrow(
      new TypeError('channel must be a channel of a Mux'),
    );
  });

  it.each([
    [undefined, 'codec.encode must be a function, got undefined'],
    [{ encode: () => new Uint8Array() }, 'codec.decode must be a function, got undefined'],
  ])('takes no codec without both functions: %p', (codec, message) => {
    const channel = new Mux(new TestCarrier()).open();
    expect(() => toMessages(channel, codec as unknown as Codec<unknown>)).toThrow(new TypeError(message));
  });

  it.each([
    [
      { maxMessageSize: 0 },
      RangeError,
      'options.maxMessageSize must be a whole number 1 … 4294967295, got 0',
    ],
    [{ maxSize: 1 }, TypeError, 'options.maxSize is not an option'],
  ])('checks its options: %p', (options, kind, message) => {
    const channel = new Mux(new TestCarrier()).open();
    expect(() => toMessages(channel, text(), options as MessagesOptions)).toThrow(new kind(message));
  });

  it('has what the channel has', async () => {
    const { channel, messages } = await opened(text());
    expect(messages.channel).toBe(channel);
    expect(messages.writable$).toBe(channel.writable$);
    expect(messages.stopped$).toBe(channel.stopped$);
    expect(messages.closed$).toBe(channel.closed$);
    expect(messages.handshake$).toBe(channel.handshake$);
  });
});

describe('outbound$ of messages', () => {
  it('sends the length, four bytes, and the bytes', async () => {
    const { carrier, messages } = await opened(text());
    messages.outbound$.next('é');
    messages.outbound$.next('');
    messages.outbound$.complete();
    expect(await carrier.hears()).toEqual(['DATA 0 seq=10 "\0\0\0\x02é\0\0\0\0"', 'END 0']);
  });

  it('takes any codec, whose bytes may be used again', async () => {
    const memory = Buffer.alloc(1);
    const codec: Codec<number> = {
      encode: (value) => {
        memory[0] = value;
        return memory;
      },
      decode: ([byte = 0]) => byte,
    };
    const { carrier, messages } = await opened(codec);
    messages.outbound$.next(65);
    messages.outbound$.next(66);
    expect((await carrier.hears()).join()).toBe('DATA 0 seq=10 "\0\0\0\x01A\0\0\0\x01B"');
  });

  it('takes a codec made of a given one', async () => {
    const { carrier, messages } = await opened({ ...json<number>(), encode: () => Buffer.from('own') });
    messages.outbound$.next(1);
    expect((await carrier.hears()).join()).toContain('own');
  });

  it('takes a given codec whose encode has been replaced', async () => {
    const encode = (): Buffer => Buffer.from('own');
    for (const codec of [
      Object.assign(json<number>(), { encode }),
      Object.create(json<number>(), { encode: { value: encode } }) as Codec<number>,
    ]) {
      const { carrier, messages } = await opened(codec);
      messages.outbound$.next(1);
      expect((await carrier.hears()).join()).toContain('own');
    }
  });

  it('throws what encode throws to the caller of next, and goes on', async () => {
    const { carrier, messages } = await opened(json<unknown>());
    const seen = listen(messages.outbound$);
    expect(() => {
      messages.outbound$.next(undefined);
    }).toThrow(TypeError);
    messages.outbound$.next(1);
    expect(seen).toEqual([1]);
    expect((await carrier.hears()).length).toBe(1);
  });

  it.each([
    ['text', text(), 'abcd', 'abc'],
    ['bytes', bytes(), Buffer.from('abcd'), Buffer.from('abc')],
  ] as const)('throws at a message of %s that is too big, and goes on', async (_, codec, big, good) => {
    const { carrier, messages } = await opened<unknown>(codec, { maxMessageSize: 3 });
    expect(() => {
      messages.outbound$.next(big);
    }).toThrow(expect.objectContaining({ code: 'ERR_RXMUX_MESSAGE_TOO_BIG', channelId: 0 }) as Error);
    messages.outbound$.next(good);
    expect((await carrier.hears()).join()).toContain('abc');
  });

  it('encodes nothing after its end', async () => {
    const { messages } = await opened(json<unknown>());
    messages.outbound$.complete();
    messages.outbound$.next(undefined);
    expect(listen(messages.outbound$)).toEqual(['complete']);
  });

  it('ends as the channel does, and the channel with it', async () => {
    const reason = new Error('enough');
    const { carrier, messages, channel } = await opened(text());
    const heard = listen(messages.outbound$);
    messages.outbound$.error(reason);
    expect(heard).toEqual([reason]);
    expect(listen(channel.outbound$)).toEqual([reason]);
    expect(listen(toMessages(channel, text()).outbound$)).toEqual([reason]);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
  });

  it('errors where the peer stops it', async () => {
    const { local: near, peer: far } = connected();
    far.channels$.subscribe((channel) => {
      channel.cancel();
    });
    const messages = toMessages(near.open(), text());
    const heard = listen(messages.outbound$);
    await settled();
    expect(heard).toEqual([expect.any(StoppedError)]);
  });

  it('once closed throws as any Subject, and has ended the half', async () => {
    const { carrier, messages } = await opened(text());
    // eslint-disable-next-line rxjs-x/no-subject-unsubscribe
    messages.outbound$.unsubscribe();
    expect(() => {
      messages.outbound$.next('late');
    }).toThrow('object unsubscribed');
    expect(await carrier.hears()).toEqual(['END 0']);
  });
});

describe('inbound$ of messages', () => {
  it('emits each message, however it was cut', async () => {
    const { messages, receive } = await opened(text());
    const heard = listen(messages.inbound$);
    const [one = 0, ...rest] = framed('second', '', 'third');
    receive(framed('first'), Buffer.from([one]), Buffer.from(rest));
    expect(heard).toEqual(['first', 'second', '', 'third']);
  });

  it('decodes a message in one piece where it lies', async () => {
    const { messages, receive, carrier } = await opened(bytes());
    const chunks: Uint8Array[] = [];
    carrier.inbound$.subscribe((chunk) => chunks.push(chunk));
    const heard: Uint8Array[] = [];
    messages.inbound$.subscribe((message) => heard.push(message));
    receive(framed('there'));
    expect(heard[0]?.buffer).toBe(chunks[0]?.buffer);
  });

  it('joins a message that came in large pieces', async () => {
    const { messages, receive } = await opened(bytes(), { highWaterMark: 1_000_000 });
    const heard: Uint8Array[] = [];
    messages.inbound$.subscribe((message) => heard.push(message));
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
    const all = framed(sent);
    receive(all.subarray(0, 70_000), all.subarray(70_000, 70_010), all.subarray(70_010));
    expect(heard.map((message) => sent.equals(message))).toEqual([true]);
  });

  it('shares one decoding among all who subscribe in one turn, also of what waited', async () => {
    const decode = jest.fn((given: Uint8Array) => String(given));
    const { messages, receive } = await opened({ encode: () => new Uint8Array(), decode });
    receive(framed('a', 'b'));
    const [one, other] = [listen(messages.inbound$), listen(messages.inbound$)];
    await turn();
    expect([one, other, decode.mock.calls.length]).toEqual([['a', 'b'], ['a', 'b'], 2]);
  });

  it('pauses in the middle of a chunk when the last subscriber has gone; the rest waits undecoded', async () => {
    const decode = jest.fn((given: Uint8Array) => String(given));
    const { carrier, messages, receive } = await opened(
      { encode: () => new Uint8Array(), decode },
      { highWaterMark: 26 },
    );
    const first = listen(messages.inbound$.pipe(take(1)));
    receive(framed('first', 'second').subarray(0, 17), framed('second').subarray(8));
    expect([first, decode.mock.calls.length]).toEqual([['first', 'complete'], 1]);
    receive('\0'); // lies with the rest
    expect(await carrier.hears()).toEqual([]); // 9 of 26 bytes are not enough for a grant
    const rest = listen(messages.inbound$);
    await turn();
    expect([rest, decode.mock.calls.length]).toEqual([['second'], 2]);
    expect(await carrier.hears()).toEqual(['STATUS 0 free=25 seq=20']);
  });

  it('goes on where another subscribes while the last one goes', async () => {
    const { messages, receive } = await opened(text());
    const later: unknown[] = [];
    messages.inbound$.pipe(take(1)).subscribe(() => undefined);
    messages.deliveries$.pipe(take(1)).subscribe({
      complete: () => {
        messages.inbound$.subscribe((value) => later.push(value));
      },
    });
    receive(framed('a', 'b', 'c'));
    await turn();
    expect(later).toEqual(['b', 'c']);
  });

  it('counts a message as consumed when next has returned, be it in the middle of a chunk', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 20 });
    listen(messages.inbound$);
    receive(framed('123456', '1').subarray(0, 12));
    // 10 bytes of 20 have been consumed, 2 belong to a message that is not complete
    expect(await carrier.hears()).toEqual(['STATUS 0 free=18 seq=12']);
  });

  it('loses no message, and delivers none twice, where RxJS is told to throw what subscribers throw', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const heard: string[] = [];
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    config.useDeprecatedSynchronousErrorHandling = true;
    try {
      messages.inbound$.subscribe((value) => {
        heard.push(value);
        throw new Error('of the consumer');
      });
      expect(() => {
        receive(framed('a', 'b'));
      }).toThrow('of the consumer');
    } finally {
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      config.useDeprecatedSynchronousErrorHandling = false;
    }
    messages.inbound$.subscribe((value) => heard.push(value));
    await turn();
    expect(heard).toEqual(['a', 'b']);
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
  });

  it('is over after cancel() when the peer has ended, though that was in the middle of a message', async () => {
    for (const way of ['messages', 'channel'] as const) {
      const { carrier, channel, messages, receive } = await opened(text());
      const heard = listen(messages.inbound$);
      receive(framed('abc').subarray(0, 6));
      if (way === 'messages') {
        messages.cancel();
      } else {
        channel.cancel();
      }
      receive('c');
      expect(heard).toEqual([]);
      carrier.receive(wire.end(0));
      expect(heard).toEqual(['complete']);
    }
  });

  it('delivers no more of a chunk where it is cancelled in next', async () => {
    const { messages, receive } = await opened(text());
    const heard: string[] = [];
    messages.inbound$.subscribe((value) => {
      heard.push(value);
      messages.cancel();
    });
    receive(framed('a', 'b'));
    await turn();
    expect(heard).toEqual(['a']);
  });

  describe('whose subscriber transfers the memory of a message', () => {
    /** Too much for the memory that Node's small Buffers share, which cannot be transferred. */
    const LARGE = 100_000;
    const options = { highWaterMark: 1_000_000 };
    const transfer = ({ buffer }: Uint8Array): void => {
      structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    };

    it.each(['goes on', 'leaves'])(
      'and %s fails: no message that lay there is lost unheard',
      async (then) => {
        const { messages, receive, carrier } = await opened(bytes(), options);
        const heard: unknown[] = [];
        const subscription = messages.inbound$.subscribe({
          next: (message) => {
            heard.push(message.length);
            transfer(message);
            if (then === 'leaves') {
              subscription.unsubscribe();
            }
          },
          error: (error: unknown) => heard.push(error),
        });
        receive(framed(Buffer.alloc(LARGE), 'lost'));
        receive(framed('more'));
        carrier.receive(wire.end(0));
        const gone = new TypeError('messages are gone: their memory was transferred');
        expect(heard).toEqual(then === 'leaves' ? [LARGE] : [LARGE, gone]);
        expect(listen(messages.inbound$)).toEqual([gone]);
        expect(listen(messages.closed$)).toEqual([gone]);
      },
    );

    it('goes on where it was the last one that lay there, or no more are wanted', async () => {
      const { messages, receive, carrier } = await opened(bytes(), options);
      const heard: unknown[] = [];
      messages.inbound$.subscribe({
        next: (message) => {
          transfer(message);
          heard.push(message.length);
          if (heard.length === 2) {
            messages.cancel();
          }
        },
        error: (error: unknown) => heard.push(error),
      });
      receive(framed(Buffer.alloc(LARGE)));
      receive(framed(Buffer.alloc(LARGE), 'unwanted'));
      messages.outbound$.next(Buffer.from('on'));
      expect(heard).toEqual([0, 0]);
      expect((await carrier.hears()).join()).toContain('on');
    });
  });

  it.each(['complete', 'error', 'unsubscribe'] as const)('takes its own %s for cancel()', async (method) => {
    const { channel, messages, receive, carrier } = await opened(text(), { highWaterMark: 10 });
    messages.inbound$.subscribe({ error: () => undefined });
    messages.inbound$[method](new Error('of its own'));
    receive('12345678');
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=8']); // it discards
    expect(listen(channel.stopped$)).toEqual([]);
  });

  it('takes its own unsubscribe() for cancel() also while a message is decoded', async () => {
    const reported = jest.fn();
    jest.replaceProperty(config, 'onUnhandledError', reported);
    const codec: Codec<string> = {
      encode: (value) => Buffer.from(value),
      decode(message) {
        messages.inbound$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
        return Buffer.from(message).toString();
      },
    };
    const { messages, receive, carrier } = await opened(codec);
    const heard = listen(messages.inbound$);
    receive(framed('a', 'b'));
    await settled();
    expect(heard).toEqual([]);
    expect(reported).not.toHaveBeenCalled();
    expect(await carrier.hears()).toEqual([]);
  });

  it('reaches its subscribers and nobody else by its own next', async () => {
    const { carrier, messages } = await opened(text());
    const heard = listen(messages.inbound$);
    messages.inbound$.next('own');
    expect(heard).toEqual(['own']);
    expect(await carrier.hears()).toEqual([]);
  });

  it('completes at the END of the peer, after the messages before, for late subscribers too', async () => {
    const { carrier, messages, receive } = await opened(text());
    receive(framed('a'));
    carrier.receive(wire.end(0));
    const heard = listen(messages.inbound$);
    expect(heard).toEqual([]);
    await turn();
    expect(heard).toEqual(['a', 'complete']);
    expect(listen(messages.inbound$)).toEqual(['complete']);
    expect(listen(messages.deliveries$)).toEqual(['complete']);
    expect(listen(toMessages(messages.channel, text()).inbound$)).toEqual(['complete']);
  });

  it.each<[string, (carrier: TestCarrier) => void, unknown]>([
    [
      'the peer fails',
      (carrier) => {
        carrier.receive(wire.errorEnd(0));
      },
      new PeerError({ channelId: 0 }),
    ],
    [
      'the carrier ends',
      (carrier) => {
        carrier.inbound$.complete();
      },
      expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED' }),
    ],
  ])('errors as the channel where %s, in the middle of a message, too', async (_, end, error) => {
    const { carrier, messages, receive } = await opened(text());
    const heard = listen(messages.inbound$);
    receive(framed('a', 'b').subarray(0, 8));
    end(carrier);
    expect(heard).toEqual(['a', error]);
  });

  it('ends at once where the channel is destroyed', async () => {
    const { messages, receive } = await opened(text());
    const heard = listen(messages.inbound$);
    receive(framed('abc').subarray(0, 6));
    const reason = new Error('enough');
    messages.destroy(reason);
    expect(heard).toEqual([reason]);
    expect(listen(messages.outbound$)).toEqual([reason]);
  });

  it('completes where the channel is destroyed without an error, in the middle of a message, too', async () => {
    const { messages, receive } = await opened(text());
    const heard = listen(messages.inbound$);
    receive(framed('abc').subarray(0, 6));
    messages.destroy();
    expect(heard).toEqual(['complete']);
  });
});

describe('messages and bytes on one channel', () => {
  it('are messages after the first bytes, where these say so', async () => {
    const { channel, messages, receive } = await opened(text());
    const heard: unknown[] = [];
    channel.inbound$.pipe(take(1)).subscribe((chunk) => {
      heard.push(chunk.toString());
      messages.inbound$.subscribe((message) => heard.push(message));
    });
    receive('messages, please', framed('1', '2'));
    expect(heard).toEqual(['messages, please', '1', '2']);
  });

  it('are bytes after the first message, where this says so', async () => {
    const { channel, messages, receive } = await opened(text());
    const heard: unknown[] = [];
    messages.inbound$.pipe(take(1)).subscribe((message) => {
      heard.push(message);
      channel.deliveries$.subscribe(({ chunk }) => heard.push(chunk.toString()));
    });
    receive(Buffer.concat([framed('bytes, please'), Buffer.from('1')]), '2');
    expect(heard).toEqual(['bytes, please', '1', '2']);
  });
});

describe('messages that nobody reads any more', () => {
  it.each<[string, (channel: Channel) => Observable<Buffer>]>([
    ['inbound$', ({ inbound$ }) => inbound$],
    ['deliveries$', ({ deliveries$ }) => deliveries$.pipe(map(({ chunk }) => chunk))],
  ])('leave what comes to %s of the channel, once', async (_, bytesOf) => {
    const { channel, messages, receive } = await opened(text());
    const heard: unknown[] = [];
    const first = messages.inbound$.subscribe((message) => heard.push(message));
    const second = messages.deliveries$.subscribe(({ ack }) => {
      ack();
    });
    receive(framed('1'));
    second.unsubscribe();
    receive(framed('2')); // one of them is still there
    first.unsubscribe();
    bytesOf(channel).subscribe((chunk) => heard.push(chunk.toString()));
    receive('bytes', 'more');
    expect(heard).toEqual(['1', '2', 'bytes', 'more']);
  });
});

describe('deliveries$ of messages', () => {
  it('counts a message as consumed when it is acknowledged, once', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 20 });
    const acks: (() => void)[] = [];
    const heard: string[] = [];
    messages.deliveries$.subscribe(({ value, ack }) => {
      heard.push(value);
      acks.push(ack);
    });
    receive(framed('123456', '123456'));
    expect(heard).toEqual(['123456', '123456']);
    expect(await carrier.hears()).toEqual([]);
    acks[1]?.();
    acks[1]?.();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=20']);
    acks[0]?.();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=20 seq=20']);
  });

  it('with inbound$ beside it counts it when it is acknowledged', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const heard = listen(messages.inbound$);
    let ack = (): void => undefined;
    messages.deliveries$.subscribe((delivery) => {
      ({ ack } = delivery);
    });
    receive(framed('123456'));
    expect([heard, await carrier.hears()]).toEqual([['123456'], []]);
    ack();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
  });

  it('goes on where inbound$ was left in next, with what follows', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const first$ = messages.inbound$.pipe(take(1));
    const heard = listen(concat(first$, messages.deliveries$.pipe(map(({ value }) => value))));
    receive(framed('1', '2'));
    expect(heard).toEqual(['1', '2']);
    expect(await carrier.hears()).toEqual(['STATUS 0 free=5 seq=10']);
  });

  it('is left in next of inbound$: then nobody has to acknowledge what comes to both', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    messages.inbound$.subscribe(() => {
      subscription.unsubscribe();
    });
    const subscription = messages.deliveries$.subscribe();
    receive(framed('123456'));
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
  });

  it('grants nothing for what is acknowledged after cancel()', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const acks: (() => void)[] = [];
    messages.deliveries$.subscribe(({ ack }) => acks.push(ack));
    receive(framed('123456'));
    messages.cancel();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
    acks.forEach((ack) => {
      ack();
    });
    expect(await carrier.hears()).toEqual([]);
  });
});

describe('messages in for await', () => {
  it('are consumed when the next is asked for, and waited for undecoded', async () => {
    const decode = jest.fn((given: Uint8Array) => String(given));
    const { carrier, messages, receive } = await opened(
      { encode: () => new Uint8Array(), decode },
      { highWaterMark: 10 },
    );
    const values = messages[Symbol.asyncIterator]();
    const first = values.next();
    receive(framed('a', 'b'));
    expect([await first, decode.mock.calls.length]).toEqual([{ done: false, value: 'a' }, 1]);
    expect(await carrier.hears()).toEqual([]);
    expect(await values.next()).toEqual({ done: false, value: 'b' });
    expect(await carrier.hears()).toEqual(['STATUS 0 free=5 seq=10']);
  });

  it('end with the peer, throw its error, and are cancelled where the loop is left', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    receive(framed('a', 'b'));
    for await (const value of messages) {
      expect(value).toBe('a');
      break;
    }
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
    const failing = await opened(text());
    failing.carrier.receive(wire.errorEnd(0));
    await expect(failing.messages[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(PeerError);
  });
});

describe('a message larger than the receive window', () => {
  const big = 'x'.repeat(100);

  it('arrives: its parts are granted as they are needed', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const heard = listen(messages.inbound$);
    const all = framed(big);
    let at = 0;
    for (let granted = 10; granted > 0;) {
      receive(all.subarray(at, at + granted));
      at += granted;
      const [said = ''] = await carrier.hears();
      granted = Number(/free=(\d+)/.exec(said)?.[1] ?? 0);
      expect(granted).toBeLessThanOrEqual(10);
    }
    expect(heard).toEqual([big]);
  });

  it('waits until all before it have been acknowledged, so that no more is kept than it and the window', async () => {
    const { carrier, messages, receive } = await opened(text(), { highWaterMark: 10 });
    const acks: (() => void)[] = [];
    messages.deliveries$.subscribe(({ ack }) => acks.push(ack));
    receive(framed('', big).subarray(0, 10));
    expect(await carrier.hears()).toEqual([]);
    acks[0]?.();
    expect(await carrier.hears()).toEqual(['STATUS 0 free=10 seq=10']);
  });

  it('goes on where its subscriber has been exchanged for another', async () => {
    const { messages, receive } = await opened(text(), { highWaterMark: 10 });
    const all = framed(big);
    const first = messages.inbound$.subscribe();
    receive(all.subarray(0, 10));
    await turn();
    first.unsubscribe();
    receive(all.subarray(10, 20));
    await turn();
    const heard = listen(messages.inbound$);
    for (let at = 20; at < all.length; at += 10) {
      await turn();
      receive(all.subarray(at, at + 10));
    }
    expect(heard).toEqual([big]);
  });
});

describe('what is no message', () => {
  const refusing: Codec<string> = {
    ...text(),
    decode: (given) => {
      if (String(given) === 'bad') {
        throw new Error('secret');
      }
      return String(given);
    },
  };

  interface Ends {
    readonly messages: Messages<string>;
    readonly farMessages: Messages<string>;
    readonly near: Mux;
    readonly far: Mux;
  }

  /** Messages at two ends, the far one of which refuses 'bad', and anything above 10 bytes. */
  async function ends(): Promise<Ends> {
    const { local: near, peer: far } = connected();
    const farMessages$ = new Subject<Messages<string>>();
    far.channels$.subscribe((channel) => {
      farMessages$.next(toMessages(channel, refusing, { maxMessageSize: 10 }));
    });
    const first = new Promise<Messages<string>>((resolve) => {
      farMessages$.subscribe(resolve);
    });
    const messages = toMessages(near.open(), text());
    return { near, far, messages, farMessages: await first };
  }

  it('fails the channel with DecodeError, after what came before, and tells the peer no secrets', async () => {
    const { near, far, messages, farMessages } = await ends();
    const faults = listen(far.errors$);
    const heard = listen(farMessages.inbound$);
    const deliveries = listen(farMessages.deliveries$);
    const [closed, sent, back] = [farMessages.closed$, messages.outbound$, messages.inbound$].map((one$) =>
      listen<unknown>(one$),
    );
    for (const value of ['good', 'bad', 'never']) {
      messages.outbound$.next(value);
    }
    await settled();
    const error = new DecodeError('a message could not be decoded', { channelId: messages.channel.id });
    expect(heard).toEqual(['good', error]);
    expect(deliveries[1]).toBe(heard[1]);
    expect((heard[1] as Error).cause).toEqual(new Error('secret'));
    const reason = { code: 'BAD_MESSAGE', message: 'a message could not be decoded' };
    expect(closed).toEqual([error]);
    expect(sent).toEqual(['good', 'bad', 'never', expect.objectContaining({ reason })]);
    expect(back).toEqual([expect.objectContaining({ code: 'ERR_RXMUX_PEER', reason })]);
    expect([near.openChannels.size, far.openChannels.size, faults]).toEqual([0, 0, []]);
  });

  it('harms no other channel', async () => {
    const { near, far, messages, farMessages } = await ends();
    farMessages.inbound$.subscribe({ error: () => undefined });
    const opened$ = new Subject<unknown>();
    const others = listen(opened$);
    far.channels$.subscribe((channel) => {
      toMessages(channel, text()).inbound$.subscribe(opened$);
    });
    const other = toMessages(near.open(), text());
    messages.outbound$.next('bad');
    await settled();
    other.outbound$.next('good');
    await settled();
    expect(others).toEqual(['good']);
  });

  it('fails it with MessageTooBigError as soon as the length says so', async () => {
    const { messages, farMessages } = await ends();
    const heard = listen(farMessages.inbound$);
    const back = listen(messages.inbound$);
    messages.channel.outbound$.next(Buffer.from([0, 0, 0, 10, ...Buffer.from('0123456789'), 0, 0, 0, 11]));
    await settled();
    expect(heard).toEqual(['0123456789', new MessageTooBigError(11, 10, { channelId: messages.channel.id })]);
    expect(back).toEqual([
      expect.objectContaining({
        reason: { code: 'MESSAGE_TOO_BIG', message: 'a message is larger than it may be' },
      }),
    ]);
  });

  it('says that its size and limit are what they are', () => {
    expect(new MessageTooBigError(11, 10)).toMatchObject({
      size: 11,
      limit: 10,
      code: 'ERR_RXMUX_MESSAGE_TOO_BIG',
    });
  });

  it('is an END in the middle of a message, of which the peer hears, too', async () => {
    const { messages, farMessages } = await ends();
    const heard = listen(farMessages.inbound$);
    const back = listen(messages.inbound$);
    messages.channel.outbound$.next(framed('a', 'bc').subarray(0, 10));
    messages.outbound$.complete();
    await settled();
    const error = new DecodeError('the peer has ended in the middle of a message, after 5 bytes of it', {
      channelId: messages.channel.id,
    });
    expect(heard).toEqual(['a', error]);
    expect(back).toEqual([
      expect.objectContaining({ reason: expect.objectContaining({ code: 'BAD_MESSAGE' }) as unknown }),
    ]);
  });

  it('is an END in the middle of its length', async () => {
    const { carrier, messages, receive } = await opened(text());
    const heard = listen(messages.inbound$);
    receive('\0\0\0');
    carrier.receive(wire.end(0));
    expect(heard).toEqual([expect.any(DecodeError)]);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
  });

  it('leaves the reason that the application has given before', async () => {
    const { messages, farMessages } = await ends();
    const back = listen(messages.inbound$);
    farMessages.inbound$.subscribe({ error: () => undefined });
    farMessages.outbound$.error(new ChannelError('MINE', 'of the application'));
    messages.outbound$.next('bad');
    await settled();
    expect(back).toEqual([
      expect.objectContaining({ reason: { code: 'MINE', message: 'of the application' } }),
    ]);
  });

  it('makes a codec that fails in a consumer of its own no harm: what next throws is not a DecodeError', async () => {
    const { messages, farMessages } = await ends();
    const done: string[] = [];
    const consumed$ = farMessages.deliveries$.pipe(
      concatMap(async ({ value, ack }) => {
        ack();
        return value;
      }),
    );
    consumed$.subscribe((value) => done.push(value));
    messages.outbound$.next('one');
    messages.outbound$.next('two');
    await settled();
    expect(done).toEqual(['one', 'two']);
  });
});
