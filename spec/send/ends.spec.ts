import { concat, EMPTY, NEVER, Observable, of } from 'rxjs';
import { Mux, MuxClosedError, send } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { ending, failing, kinds } from './sources.js';
import { opened, settled } from './support.js';
import { error, kindNames, peerError, subscribe, ways } from './ways.js';

describe.each(ways)('send, where $way,', ({ end, result, idle, full, isSentAfterEnd }) => {
  it.each(kindNames.filter((kind) => kind !== 'iterable'))(
    'lets go at once of: %s, waited for',
    async (kind) => {
      const { carrier, mux, channel } = await opened();
      const { source$, begun, letGo } = kinds[kind](['abc', 'def']);
      const { heard, subscription } = subscribe(send(source$, channel));
      await settled();
      expect((await carrier.hears()).join()).toMatch(/"?def"$/);
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

  it.each(kindNames)('lets go at once of: %s, while bytes wait', async (kind) => {
    const { carrier, mux, channel } = await opened();
    const { source$, letGo } = kinds[kind](['a', 'b', 'c'].map((letter) => letter.repeat(50)));
    const { heard, subscription } = subscribe(send(source$, channel, { highWaterMark: 20 }));
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
    const { carrier, mux, channel } = await opened();
    const { heard, subscription } = subscribe(send(['x'.repeat(150)], channel));
    await settled();
    await carrier.hears();
    expect(heard).toEqual([]);
    end({ carrier, mux, channel, subscription });
    const ended = await carrier.hears();
    expect(ended).toEqual(full);
    expect(channel.bufferedAmount).toBe(isSentAfterEnd ? 50 : 0);
    expect(heard).toEqual(isSentAfterEnd ? [] : result);
    carrier.receive(wire.status(0, 50, 100));
    expect(await carrier.hears()).toEqual(isSentAfterEnd ? ['DATA 0 seq=150 <50 bytes>', 'END 0'] : []);
    expect(heard).toEqual(isSentAfterEnd ? ['complete'] : result);
  });

  it.each(kindNames)('before, lets go of what may hold something already: %s', async (kind) => {
    const { carrier, mux, channel } = await opened();
    end({ carrier, mux, channel, subscription: subscribe(send(new Observable(), channel)).subscription });
    const { source$, begun, letGo } = kinds[kind](['abc']);
    const expected = result.length === 0 ? [expect.any(MuxClosedError)] : result;
    expect(listen(send(source$, channel))).toEqual(expected);
    await settled();
    const isPushed = kind === 'observable' || kind === 'interop'; // it is not subscribed to
    expect([begun(), letGo()]).toEqual(isPushed ? [0, 0] : [1, 1]);
  });
});

describe('send', () => {
  it.each(Object.entries(ending))(
    'sends all of %s, and completes when END has been sent',
    async (_, sourceOf) => {
      const { carrier, channel } = await opened();
      const heard = listen(send(sourceOf(['a'.repeat(60), 'b'.repeat(60)]), channel));
      await settled();
      const sent = await carrier.hears();
      expect(sent.filter((message) => !message.startsWith('DATA'))).toEqual([]);
      expect([channel.bufferedAmount, heard]).toEqual([20, []]);
      carrier.receive(wire.status(0, 100, 100));
      expect(await carrier.hears()).toEqual([`DATA 0 seq=120 "${'b'.repeat(20)}"`, 'END 0']);
      expect(heard).toEqual(['complete']);
    },
  );

  it.each(Object.entries(failing))(
    'fails with the error of %s at once, and the peer hears of it after all that came before',
    async (_, sourceOf) => {
      const { carrier, channel } = await opened();
      const heard = listen(send(sourceOf(['a'.repeat(60), 'b'.repeat(60)], error), channel));
      await settled();
      await carrier.hears();
      expect(heard).toEqual([error]);
      carrier.receive(wire.status(0, 100, 100));
      expect(await carrier.hears()).toEqual([`DATA 0 seq=120 "${'b'.repeat(20)}"`, 'ERROR_END 0']);
      expect(listen(channel.outbound$)).toEqual([error]);
    },
  );

  it('fails with the reason of a promise that is rejected', async () => {
    const { carrier, channel } = await opened();
    const heard = listen(send(Promise.reject(error), channel));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(heard).toEqual([error]);
  });

  it('handles the rejection of a promise for which there is no room yet', async () => {
    const { carrier, channel } = await opened({ sendHighWaterMark: 10 });
    channel.outbound$.next('x'.repeat(120));
    const heard = listen(send(Promise.reject(error), channel));
    await settled(); // where nobody handled it, the process would end here
    expect(heard).toEqual([]);
    carrier.receive(wire.status(0, 100, 100));
    await settled();
    expect(heard).toEqual([error]);
  });

  it.each(kindNames.filter((kind) => kind !== 'iterable'))(
    'lets go of what gives something that cannot be sent, which the peer must hear of: %s',
    async (kind) => {
      const { carrier, channel } = await opened();
      const { source$, letGo } = kinds[kind](['abc', 5 as unknown as string, 'def']);
      const heard = listen(send(source$, channel));
      await settled();
      expect(heard).toEqual([new TypeError('what is sent must be a Uint8Array or a string, got 5')]);
      expect(letGo()).toBe(1);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "abc"', 'ERROR_END 0']);
    },
  );

  it('fails where the peer refuses the channel, and lets go of the source', async () => {
    const carrier = new TestCarrier();
    const channel = new Mux(carrier, PLAIN_WIRE).open();
    const { source$, letGo } = kinds.asyncIterable(['abc']);
    const heard = listen(send(source$, channel));
    await turn();
    carrier.receive(wire.handshake(0, 0), wire.errorEnd(0));
    expect([heard, letGo()]).toEqual([[peerError], 1]);
  });

  it('drops what waits where it is unsubscribed after the end of its source', async () => {
    const { carrier, channel } = await opened();
    const { subscription } = subscribe(send(['x'.repeat(150)], channel));
    await carrier.hears();
    subscription.unsubscribe();
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(channel.bufferedAmount).toBe(0);
  });

  it('leaves the channel alone when it is over', async () => {
    const { carrier, mux, channel } = await opened();
    const { heard, subscription } = subscribe(send(EMPTY, channel));
    expect(await carrier.hears()).toEqual(['END 0']);
    subscription.unsubscribe();
    expect(heard).toEqual(['complete']);
    carrier.receive(wire.data(0, 2, 'hi'), wire.end(0)); // the other half went on
    const received = listen(channel.inbound$);
    await turn();
    expect(received).toEqual([Buffer.from('hi'), 'complete']);
    expect(mux.openChannels.size).toBe(0);
    expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
  });

  it.each<['channel' | 'mux', unknown[]]>([
    ['channel', ['ERROR_END 0']],
    ['mux', []],
  ])('has nothing taken of whoever gives more as soon as it has failed with the %s', async (what, said) => {
    const context = await opened();
    const { carrier, channel } = context;
    const outbound = listen(channel.outbound$);
    let failure: unknown;
    send(concat(of('x'.repeat(200)), NEVER), channel).subscribe({
      error: (reason: unknown) => {
        failure = reason;
        channel.outbound$.next('more');
        channel.outbound$.complete();
      },
    });
    await settled();
    await carrier.hears();
    context[what].destroy(error);
    expect(failure).toBe(error);
    expect([channel.bufferedAmount, outbound.at(-1)]).toEqual([0, error]);
    await settled();
    expect(await carrier.hears()).toEqual(said);
  });

  it('tells others of the channel that its source was let go', async () => {
    const { channel } = await opened();
    const heard = listen(channel.outbound$);
    subscribe(send(new Observable(), channel)).subscription.unsubscribe();
    expect(heard).toEqual([
      new MuxClosedError({ channelId: 0, message: 'the source was let go before its end' }),
    ]);
  });

  it('where two send, ends with the first, and lets go of the other', async () => {
    const { carrier, channel } = await opened();
    const { source$, letGo } = kinds.asyncIterable(['abc']);
    const other = listen(send(source$, channel));
    await settled();
    const first = listen(send(['def'], channel));
    expect([letGo(), other]).toEqual([1, ['complete']]);
    expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "abc"', 'DATA 0 seq=6 "def"', 'END 0']);
    expect(first).toEqual(['complete']);
  });

  it.each([
    ['it waits for bytes', undefined],
    ['there is no room', 'x'.repeat(120)],
  ])('lets go at once of another channel, which it relays, where %s', async (_, waiting) => {
    const { channel } = await opened({ sendHighWaterMark: 10 });
    const source = await opened();
    if (waiting !== undefined) {
      channel.outbound$.next(waiting);
    }
    const { subscription } = subscribe(send(source.channel, channel));
    await settled();
    expect(source.channel.stats().states.inbound).not.toBe('cancelled');
    subscription.unsubscribe();
    expect(source.channel.stats().states.inbound).toBe('cancelled');
  });
});
