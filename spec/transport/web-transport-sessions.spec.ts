import { createHash } from 'node:crypto';
import { filter, firstValueFrom, ignoreElements, lastValueFrom, map, reduce, take, toArray } from 'rxjs';
import {
  type Channel,
  ChannelError,
  Mux,
  type MuxOptions,
  PeerError,
  StoppedError,
} from '../../src/index.js';
import { WebTransportSessions, type WebTransportSessionsOptions } from '../../src/web-transport.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { type Kind, sessionPair } from './session-pair.js';

function connected(options: MuxOptions = {}, kind?: Kind, farOptions = options) {
  const [nearSession, farSession] = sessionPair(kind);
  return {
    nearSession,
    farSession,
    near: new Mux(new WebTransportSessions(nearSession), options),
    far: new Mux(new WebTransportSessions(farSession), farOptions),
  };
}

const all = ({ inbound$ }: Channel): Promise<Buffer> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => Buffer.concat([sum, chunk]), Buffer.alloc(0))));

const echo = (mux: Mux): void => {
  mux.channels$.subscribe(({ inbound$, outbound$ }) => {
    inbound$.subscribe(outbound$);
  });
};

describe('WebTransportSessions', () => {
  expectNothingUnhandled();

  it.each<[WebTransportSessionsOptions, string]>([
    [
      { highWatermark: 1 } as WebTransportSessionsOptions,
      'options.highWatermark is not an option (did you mean highWaterMark?)',
    ],
    [{ highWaterMark: 0 }, 'options.highWaterMark must be a whole number from 1, got 0'],
    [{ maxHeaderSize: 8 }, 'options.maxHeaderSize must be a whole number from 9, got 8'],
  ])('refuses %j', (options, message) => {
    const [session] = sessionPair();
    expect(() => new WebTransportSessions(session, options)).toThrow(message);
  });

  it.each<[string, Kind]>([
    ['tell the far end', {}],
    ['do not, as Deno’s', { tellsEnds: false }],
  ])(
    'carries handshakes and bytes both ways, with half-close, and closes, where the ends of streams %s',
    async (_how, kind) => {
      const { near, far, nearSession, farSession } = connected({}, kind);
      far.channels$.subscribe((channel) => {
        channel.accept(`to ${String(channel.handshake)}`);
        channel.inbound$.subscribe(channel.outbound$);
      });
      const bytes = createHash('shake128', { outputLength: 1_000_000 }).update('bytes').digest();
      const channels = ['a', 'b', 'c'].map((name) => near.open(name));
      for (const { outbound$ } of channels) {
        outbound$.next(bytes);
        outbound$.complete();
      }
      const received = await Promise.all(channels.map(all));
      expect(received.every((bytesBack) => bytesBack.equals(bytes))).toBe(true);
      expect(channels.map(({ handshake }) => String(handshake))).toEqual(['to a', 'to b', 'to c']);
      // one of control each, and one for each channel
      expect([nearSession.lines.length, farSession.lines.length]).toEqual([4, 1]);
      await Promise.all([near.close(), far.close()]);
      expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
    },
  );

  it('lets either side open', async () => {
    const { near, far } = connected();
    const opened = firstValueFrom(near.channels$);
    const channel = far.open('from far', { channel: 7 });
    channel.outbound$.next('hello');
    channel.outbound$.complete();
    const answered = await opened;
    expect([answered.id, String(answered.handshake)]).toEqual([7, 'from far']);
    expect(String(await all(answered))).toBe('hello');
  });

  it.each([
    ['after both streams are there', false],
    ['where one side has no stream of its own yet', true],
  ])(
    'holds one channel where both sides open the same number at the same time, %s',
    async (_when, isLate) => {
      const { near, far, nearSession } = connected();
      await Promise.all([near.ping(), far.ping()]);
      const create = nearSession.createBidirectionalStream.bind(nearSession);
      let isCreated: unknown;
      if (isLate) {
        nearSession.createBidirectionalStream = async () => {
          await firstValueFrom(channels[0].handshake$);
          const stream = create();
          isCreated = stream;
          return stream;
        };
      }
      const channels = [near.open('near', { channel: 7 }), far.open('far', { channel: 7 })] as const;
      channels[0].outbound$.next('from near');
      channels[1].outbound$.next('from far');
      for (const { outbound$ } of channels) {
        outbound$.complete();
      }
      expect((await Promise.all(channels.map(all))).map(String)).toEqual(['from far', 'from near']);
      expect(channels.map(({ handshake }) => String(handshake))).toEqual(['far', 'near']);
      expect(isCreated !== undefined).toBe(isLate);
      await Promise.all([near.close(), far.close()]);
    },
  );

  it('ends a stream of its own that comes when the channel is over', async () => {
    const { near, far, nearSession } = connected();
    await Promise.all([near.ping(), far.ping()]);
    const create = nearSession.createBidirectionalStream.bind(nearSession);
    const removed = firstValueFrom(near.removed$);
    nearSession.createBidirectionalStream = async () => {
      await removed;
      return create();
    };
    for (const mux of [near, far]) {
      const { outbound$, inbound$ } = mux.open('', { channel: 7 });
      inbound$.subscribe();
      outbound$.complete();
    }
    await removed;
    await turn();
    const line = nearSession.lines.at(-1);
    expect([line?.there.isEnded, line?.back.isEnded]).toEqual([true, true]);
    expect(near.openChannels.size).toBe(0);
  });

  it('opens a number again while the last end of that number is under way', async () => {
    const { near, far, nearSession } = connected();
    const arrived = listen(far.channels$.pipe(map(({ handshake }) => String(handshake))));
    far.channels$.subscribe(({ outbound$, inbound$ }) => {
      inbound$.subscribe();
      outbound$.complete();
    });
    const first = near.open('first', { channel: 7 });
    await lastValueFrom(first.inbound$, { defaultValue: undefined });
    const line = nearSession.lines.at(-1);
    line?.there.hold();
    first.outbound$.complete(); // over here
    await firstValueFrom(near.removed$);
    const second = near.open('second', { channel: 7 });
    second.outbound$.next('bytes');
    await near.ping();
    expect([arrived, far.openChannels.size]).toEqual([['first'], 1]);
    line?.there.release();
    await firstValueFrom(second.handshake$);
    second.outbound$.complete();
    await lastValueFrom(second.inbound$, { defaultValue: undefined });
    expect(arrived).toEqual(['first', 'second']);
    await Promise.all([near.close(), far.close()]);
  });

  it('lets an opener send before a delayed answer, and the answer come later', async () => {
    const { near, far } = connected();
    const opened = firstValueFrom(
      far.channels$.pipe(map((channel) => ({ channel, answer: channel.delayHandshake() }))),
    );
    const own = near.open();
    own.outbound$.next('early');
    own.outbound$.complete();
    const { channel, answer } = await opened;
    channel.outbound$.next('late');
    channel.outbound$.complete();
    expect(String(await all(channel))).toBe('early');
    answer('at last');
    expect(String(await all(own))).toBe('late');
    expect(String(own.handshake)).toBe('at last');
  });

  it('tells an error with its reason, after all earlier bytes', async () => {
    const { near, far } = connected();
    far.channels$.subscribe(({ inbound$, outbound$ }) => {
      inbound$.subscribe();
      outbound$.next('bytes');
      outbound$.error(new ChannelError('BROKEN', 'it is'));
    });
    const { inbound$ } = near.open();
    const heard = listen(inbound$.pipe(map((chunk) => chunk.toString())));
    await lastValueFrom(inbound$).catch(() => undefined);
    expect(heard).toEqual([
      'bytes',
      expect.objectContaining({ reason: { code: 'BROKEN', message: 'it is' } }),
    ]);
  });

  it('stops the far end, with the reason', async () => {
    const { near, far } = connected();
    const opened = firstValueFrom(far.channels$);
    const channel = near.open();
    const { outbound$, stopped$ } = await opened;
    const heard = listen(outbound$);
    outbound$.next(Buffer.alloc(1_000_000));
    await firstValueFrom(channel.inbound$);
    channel.destroy(new ChannelError('ENOUGH', 'thanks'));
    await lastValueFrom(stopped$, { defaultValue: undefined });
    expect(heard.at(-1)).toBeInstanceOf(StoppedError);
    expect(heard.at(-1)).toMatchObject({ reason: { code: 'ENOUGH', message: 'thanks' } });
  });

  it.each<[string, MuxOptions, unknown]>([
    ['with the reason', {}, { code: 'NO', message: 'thanks' }],
    ['without extensions', { extensions: false }, undefined],
  ])('refuses a channel, %s', async (_how, options, reason) => {
    const { near, far } = connected(options);
    far.channels$.subscribe((channel) => {
      channel.reject({ code: 'NO', message: 'thanks' });
    });
    const error: unknown = await lastValueFrom(near.open().inbound$).catch((why: unknown) => why);
    expect(error).toBeInstanceOf(PeerError);
    expect((error as PeerError).reason).toEqual(reason);
    await Promise.all([near.close(), far.close()]);
  });

  it('holds back a channel that nobody reads, and no other', async () => {
    const { near, far } = connected();
    const opened = firstValueFrom(far.channels$.pipe(take(2), toArray()));
    const [paused, running] = [near.open(), near.open()];
    for (const { outbound$ } of [paused, running]) {
      outbound$.next(Buffer.alloc(3_000_000));
      outbound$.complete();
    }
    const [left, right] = (await opened) as [Channel, Channel];
    expect(await all(right)).toHaveLength(3_000_000);
    await firstValueFrom(left.receiveWindow$.pipe(filter((window) => window === 0)));
    expect(paused.bufferedAmount).toBeGreaterThan(1_000_000);
    expect(await all(left)).toHaveLength(3_000_000);
  });

  it('says what it takes: nothing while streams hold so many bytes, and that again when they are gone', async () => {
    const { near, far, nearSession } = connected();
    far.channels$.subscribe(({ inbound$ }) => {
      inbound$.subscribe();
    });
    const channels = Array.from({ length: 200 }, () => near.open());
    await Promise.all(channels.map(({ handshake$ }) => firstValueFrom(handshake$)));
    const lines = nearSession.lines.slice(1);
    for (const { there } of lines) {
      there.hold();
    }
    for (const { outbound$ } of channels) {
      outbound$.next(Buffer.alloc(2000));
    }
    const queued = (): number => channels.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
    while (near.stats().capacity > 0) {
      await turn();
    }
    expect(queued()).toBeGreaterThan(200_000);
    for (const { there } of lines) {
      there.release();
    }
    while (queued() > 0 || near.stats().capacity < 65_536) {
      await turn();
    }
    expect(near.stats().capacity).toBe(65_536);
  });

  it('takes as much again when a stream is broken off that holds bytes', async () => {
    const { near, far, nearSession } = connected();
    const opened = firstValueFrom(far.channels$);
    const channel = near.open();
    const ends = [channel.outbound$.pipe(ignoreElements()), (await opened).inbound$].map((half$) =>
      listen(half$),
    );
    await firstValueFrom(channel.handshake$);
    const there = nearSession.lines[1]?.there;
    there?.hold();
    channel.outbound$.next(Buffer.alloc(1_000_000));
    while (near.stats().capacity === 65_536) {
      await turn();
    }
    there?.lose(new Error('broken off'));
    while (near.stats().capacity < 65_536 || ends.some((heard) => heard.length === 0)) {
      await turn();
    }
    expect(near.stats().capacity).toBe(65_536);
    expect(ends).toEqual([[expect.any(StoppedError)], [expect.any(PeerError)]]);
  });

  it('has other channels go on while the bytes of one are held up', async () => {
    const { near, far, nearSession } = connected();
    echo(far);
    const held = near.open();
    held.outbound$.next('lost');
    await firstValueFrom(held.inbound$);
    nearSession.lines.at(-1)?.there.hold();
    held.outbound$.next('and repaired');
    const other = near.open();
    const answer = all(other);
    other.outbound$.next('hello');
    other.outbound$.complete();
    expect(String(await answer)).toBe('hello');
    const repaired = firstValueFrom(held.inbound$);
    nearSession.lines[1]?.there.release();
    expect(String(await repaired)).toBe('and repaired');
  });

  describe('where the session has so many streams', () => {
    it('opens the next channel when one is over', async () => {
      const { near, far, nearSession } = connected({}, { limit: 3 });
      echo(far);
      const [first, second, third, fourth] = [near.open(), near.open(), near.open(), near.open()] as const;
      for (const { outbound$ } of [first, second, third, fourth]) {
        outbound$.next('hello');
      }
      await Promise.all([first, second].map(({ inbound$ }) => firstValueFrom(inbound$)));
      expect([nearSession.lines.length, far.openChannels.size]).toEqual([3, 2]);
      for (const [ending, next] of [
        [second, third],
        [first, fourth],
      ] as const) {
        ending.outbound$.complete();
        await lastValueFrom(ending.inbound$, { defaultValue: undefined });
        expect(String(await firstValueFrom(next.inbound$))).toBe('hello');
      }
    });

    it.each([
      ['the only one', 1],
      ['one of several', 2],
    ])('asks again where %s came to its end while it asked', async (_which, count) => {
      const { near, far, nearSession } = connected();
      echo(far);
      const first = near.open();
      for (const channel of [first, ...Array.from({ length: count - 1 }, () => near.open())]) {
        channel.outbound$.next('hello');
        await firstValueFrom(channel.inbound$);
      }
      const create = nearSession.createBidirectionalStream.bind(nearSession);
      nearSession.createBidirectionalStream = async () => {
        nearSession.createBidirectionalStream = create;
        first.outbound$.complete();
        await firstValueFrom(near.removed$);
        throw new Error('no more streams');
      };
      const second = near.open();
      second.outbound$.next('hello');
      first.inbound$.subscribe();
      expect(String(await firstValueFrom(second.inbound$))).toBe('hello');
    });

    it.each<[string, MuxOptions, string | undefined]>([
      ['with the reason', {}, 'NO_STREAM'],
      ['without extensions', { extensions: false }, undefined],
    ])('refuses a channel where there is none to wait for, %s', async (_how, options, code) => {
      const { near, far, nearSession } = connected(options);
      echo(far);
      const first = near.open();
      first.outbound$.complete();
      first.inbound$.subscribe();
      await firstValueFrom(near.removed$); // so it knows the far end
      nearSession.createBidirectionalStream = () => Promise.reject(new Error('no more streams'));
      const error: unknown = await lastValueFrom(near.open().inbound$).catch((why: unknown) => why);
      expect(error).toBeInstanceOf(PeerError);
      expect((error as PeerError).reason?.code).toBe(code);
      expect(near.openChannels.size).toBe(0);
    });
  });
});
