import { Observable, type ObservableInput, of, Subject } from 'rxjs';
import { MuxClosedError, OverflowError, send, type SendOptions, sendTo } from '../../src/index.js';
import { json, type Messages, MessageTooBigError, text, toMessages } from '../../src/messages.js';
import { ending, failing, kinds } from '../send/sources.js';
import { opened, settled } from '../send/support.js';
import { error, kindNames, subscribe, type Way, ways } from '../send/ways.js';
import { listen } from '../support/listen.js';
import * as wire from '../support/wire.js';

const allWays: readonly Way[] = [
  ...ways,
  {
    way: 'the peer sends what is no message',
    end: ({ carrier, channel }) => {
      toMessages(channel, text()).inbound$.subscribe({ error: () => undefined });
      carrier.receive(wire.data(0, 4, Buffer.from([255, 255, 255, 255])));
    },
    result: [expect.any(MessageTooBigError)],
    idle: ['ERROR_END 0'],
    full: ['ERROR_END 0'],
    isSentAfterEnd: false,
  },
];

const messagesOver = async (
  options?: Parameters<typeof opened>[0],
): Promise<Awaited<ReturnType<typeof opened>> & { readonly messages: Messages<string, string, Buffer> }> => {
  const all = await opened(options);
  return { ...all, messages: toMessages(all.channel, text(), { maxMessageSize: 200 }) };
};

describe.each(allWays)('send to messages, where $way,', ({ end, result, idle, full, isSentAfterEnd }) => {
  it.each(kindNames.filter((kind) => kind !== 'iterable'))(
    'lets go at once of: %s, waited for',
    async (kind) => {
      const { carrier, mux, channel, messages } = await messagesOver();
      const { source$, begun, letGo } = kinds[kind](['abc', 'def']);
      const { heard, subscription } = subscribe(send(source$, messages));
      await settled();
      expect((await carrier.hears()).join().endsWith('\0\0\0\x03def"')).toBe(true);
      expect([begun(), letGo()]).toEqual([1, 0]);
      end({ carrier, mux, channel, subscription });
      expect(letGo()).toBe(1);
      expect(heard).toEqual(result);
      await settled();
      expect(await carrier.hears()).toEqual(idle);
      subscription.unsubscribe();
      mux.destroy();
      await settled();
      expect([letGo(), heard]).toEqual([1, result]);
    },
  );

  it.each(kindNames)('lets go at once of: %s, while messages wait', async (kind) => {
    const { carrier, mux, channel, messages } = await messagesOver();
    const { source$, letGo } = kinds[kind](['a', 'b', 'c'].map((letter) => letter.repeat(46)));
    const { heard, subscription } = subscribe(send(source$, messages, { highWaterMark: 20 }));
    await settled();
    expect((await carrier.hears()).length).toBeGreaterThan(0);
    expect([channel.bufferedAmount, letGo()]).toEqual([50, 0]);
    end({ carrier, mux, channel, subscription });
    expect(letGo()).toBe(1);
    expect(heard).toEqual(result);
    await settled();
    expect(await carrier.hears()).toEqual(full);
    subscription.unsubscribe();
    mux.destroy();
    await settled();
    expect([letGo(), heard]).toEqual([1, result]);
  });

  it(`${isSentAfterEnd ? 'sends' : 'drops'} what is left of a source that has ended`, async () => {
    const { carrier, mux, channel, messages } = await messagesOver();
    const { heard, subscription } = subscribe(send(['x'.repeat(146)], messages));
    await settled();
    await carrier.hears();
    end({ carrier, mux, channel, subscription });
    expect(await carrier.hears()).toEqual(full);
    expect(channel.bufferedAmount).toBe(isSentAfterEnd ? 50 : 0);
    expect(heard).toEqual(isSentAfterEnd ? [] : result);
  });

  it.each(kindNames)('before, lets go of what may hold something already: %s', async (kind) => {
    const { carrier, mux, channel, messages } = await messagesOver();
    const before = subscribe(send(new Observable<string>(), messages));
    end({ carrier, mux, channel, subscription: before.subscription });
    const { source$, begun, letGo } = kinds[kind](['abc']);
    const expected = result.length === 0 ? [expect.any(MuxClosedError)] : result;
    expect(listen(send(source$, messages))).toEqual(expected);
    await settled();
    const isPushed = kind === 'observable' || kind === 'interop'; // it is not subscribed to
    expect([begun(), letGo()]).toEqual(isPushed ? [0, 0] : [1, 1]);
  });
});

describe('send to messages', () => {
  it.each(Object.entries(ending))(
    'sends all of %s, and completes when END has been sent',
    async (_, sourceOf) => {
      const { carrier, messages } = await messagesOver();
      const heard = listen(send(sourceOf(['ab', '']), messages));
      await settled();
      const sent = (await carrier.hears()).join();
      expect(sent).toContain('\0\0\0\x02ab');
      expect(sent).toMatch(/END 0$/);
      expect(heard).toEqual(['complete']);
    },
  );

  it.each(Object.entries(failing))(
    'fails with the error of %s, of which the peer hears after what came before',
    async (_, sourceOf) => {
      const { carrier, messages } = await messagesOver();
      const heard = listen(send(sourceOf(['ab'], error), messages));
      await settled();
      expect((await carrier.hears()).join()).toMatch(/ab",ERROR_END 0$/);
      expect(heard).toEqual([error]);
    },
  );

  it.each<[string, unknown, unknown]>([
    ['cannot be encoded', 5, new TypeError('a message must be a string, got 5')],
    ['is too big', 'x'.repeat(201), new MessageTooBigError(201, 200, { channelId: 0 })],
  ])('lets go of what gives something that %s, which the peer must hear of', async (_, value, reason) => {
    for (const kind of kindNames) {
      const { carrier, messages } = await messagesOver();
      const { source$, letGo } = kinds[kind](['abc', value as string, 'def']);
      const heard = listen(send(source$, messages));
      await settled();
      expect([heard, letGo()]).toEqual([[reason], 1]);
      expect((await carrier.hears()).join()).toMatch(/abc",ERROR_END 0$/);
    }
  });

  it('sends an empty message, which is one', async () => {
    const { carrier, messages } = await messagesOver();
    listen(send(of(''), messages));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "\0\0\0\0"', 'END 0']);
  });

  /** Five messages of 10 bytes pushed at once to a peer that has taken 100 bytes, and takes more then. */
  async function pushed(
    options: SendOptions,
  ): Promise<{ sent: string; end: string | undefined; heard: unknown[] }> {
    const { carrier, channel, messages } = await messagesOver();
    channel.outbound$.next('-'.repeat(100));
    await carrier.hears();
    const source$ = new Subject<string>();
    const heard = listen(source$.pipe(sendTo(messages, options)));
    ['1', '2', '3', '4', '5'].forEach((digit) => {
      source$.next(digit.repeat(6));
    });
    source$.complete();
    const before = carrier.writes.length;
    carrier.receive(wire.status(0, 100, 100));
    const said = await carrier.hears();
    const digits =
      Buffer.concat(carrier.writes.slice(before).flat())
        .toString('latin1')
        .match(/(\d)\1{5}/g) ?? [];
    return { sent: digits.map(([digit]) => digit).join(''), end: said.at(-1), heard };
  }

  it.each<[SendOptions, string, boolean]>([
    [{ overflow: 'buffer', highWaterMark: 15 }, '12345', true],
    [{ overflow: 'latest', highWaterMark: 15 }, '125', true],
    [{ overflow: 'drop', highWaterMark: 15 }, '12', true],
    [{ overflow: 'buffer', limit: 20, highWaterMark: 15 }, '', false],
    [{ overflow: 'error', highWaterMark: 15 }, '', false],
  ])('of more than there is room for, with %p sends %p', async (options, expected, isWell) => {
    const { sent, end, heard } = await pushed(options);
    expect([sent, end]).toEqual([expected, isWell ? 'END 0' : 'ERROR_END 0']);
    expect(heard).toEqual([isWell ? 'complete' : expect.any(OverflowError)]);
  });

  it.each([1, 30, 1000])('is never ahead by more than %i bytes and one message', async (highWaterMark) => {
    const { carrier, channel, messages } = await messagesOver();
    let largest = 0;
    let pulled = 0;
    function* source(): Generator<string> {
      for (; pulled < 100; pulled += 1) {
        largest = Math.max(largest, channel.bufferedAmount);
        yield 'x'.repeat(pulled);
      }
    }
    const heard = listen(send(source(), messages, { highWaterMark }));
    for (let seq = 0; heard.length === 0; seq += 100) {
      await carrier.hears();
      expect(channel.bufferedAmount).toBeLessThan(highWaterMark + 103 + 1);
      carrier.receive(wire.status(0, 100, seq + 100));
    }
    expect([heard, pulled]).toEqual([['complete'], 100]);
    expect(largest).toBeLessThan(highWaterMark);
  });

  it('takes neither what only looks like messages', () => {
    const looks = { channel: {}, outbound$: new Subject() };
    expect(() => send(of('a'), looks as never)).toThrow(new TypeError('channel must be a channel of a Mux'));
    expect(() => sendTo(undefined as never)).toThrow(new TypeError('channel must be a channel of a Mux'));
  });

  it('takes messages of any type', async () => {
    const { carrier, channel } = await opened();
    const source$: ObservableInput<{ a: number }> = [{ a: 1 }];
    listen(send(source$, toMessages<never, { a: number }>(channel, json())));
    expect((await carrier.hears()).join()).toContain('{"a":1}');
  });
});
