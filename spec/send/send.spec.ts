import { firstValueFrom, lastValueFrom, NEVER, noop, type ObservableInput, of, reduce } from 'rxjs';
import { type Channel, Mux, send, type SendOptions, sendTo } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { TestCarrier } from '../support/test-carrier.js';

const channelOf = (): Channel => new Mux(new TestCarrier(), { keepAlive: false }).open();

describe.each<[string, (to: Channel, options?: SendOptions) => unknown]>([
  ['send', (to, options) => send(NEVER, to, options)],
  ['sendTo', (to, options) => sendTo(to, options)],
])('%s', (_, call) => {
  it('refuses what is no channel of a Mux, at once', () => {
    for (const given of [{}, undefined, null, 'channel']) {
      expect(() => call(given as Channel)).toThrow(new TypeError('channel must be a channel of a Mux'));
    }
  });

  it.each<[object, Error]>([
    [{ limt: 5 }, new TypeError('options.limt is not an option (did you mean limit?)')],
    [
      { overflow: 'newest' },
      new TypeError("options.overflow must be 'buffer', 'latest', 'drop' or 'error', got 'newest'"),
    ],
    [{ overflow: 1 }, new TypeError("options.overflow must be 'buffer', 'latest', 'drop' or 'error', got 1")],
    [{ limit: -1 }, new RangeError('options.limit must be a whole number from 0, got -1')],
    [{ limit: '5' }, new TypeError("options.limit must be a number, got '5'")],
    [{ highWaterMark: 0 }, new RangeError('options.highWaterMark must be a whole number from 1, got 0')],
    [{ highWaterMark: null }, new TypeError('options.highWaterMark must be a number, got null')],
  ])('refuses %p', (options, error) => {
    expect(() => call(channelOf(), options)).toThrow(error);
  });

  it('takes undefined for what is not given', () => {
    expect(() =>
      call(channelOf(), { overflow: undefined, limit: undefined, highWaterMark: undefined }),
    ).not.toThrow();
  });
});

describe('send', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [{}, 'an object'],
    [(_: unknown) => of('x'), 'a function'],
  ])('refuses %p as a source, at once', (source, shown) => {
    expect(() => send(source as ObservableInput<string>, channelOf())).toThrow(
      new TypeError(`source must be an ObservableInput, got ${shown}`),
    );
  });

  it('can be awaited by forEach', async () => {
    const { near, far } = muxPair();
    const received: Promise<string> = firstValueFrom(far.channels$).then(async (channel) =>
      lastValueFrom(channel.inbound$.pipe(reduce((text, chunk) => text + String(chunk), ''))),
    );
    await send(['a', 'b'], near.open()).forEach(noop);
    expect(await received).toBe('ab');
    const broken = near.open();
    const sending = send(NEVER, broken).forEach(noop);
    broken.destroy(new Error('gone'));
    await expect(sending).rejects.toThrow('gone');
  });
});
