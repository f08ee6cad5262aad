import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { concatWith, filter, firstValueFrom, lastValueFrom, map, reduce, take, toArray } from 'rxjs';
import { type Channel, Mux, PeerError, toDuplex } from '../../src/index.js';
import { Http2Sessions, type Http2SessionsOptions } from '../../src/http2.js';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { connected, ofChannel } from './http2-muxes.js';

const all = ({ inbound$ }: Channel): Promise<Buffer> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => Buffer.concat([sum, chunk]), Buffer.alloc(0))));

describe('Http2Sessions', () => {
  afterEach(disconnectPairs);
  expectNothingUnhandled();

  it('refuses an option that does not exist', async () => {
    const [{ client, server }] = await connectPairs();
    expect(() => new Http2Sessions(client, server, { requestHeader: {} } as Http2SessionsOptions)).toThrow(
      new TypeError('options.requestHeader is not an option (did you mean requestHeaders?)'),
    );
  });

  it('carries handshakes and bytes both ways, with half-close, and closes', async () => {
    const { near, far } = await connected();
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
    expect(received.every((echo) => echo.equals(bytes))).toBe(true);
    expect(channels.map(({ handshake }) => String(handshake))).toEqual(['to a', 'to b', 'to c']);
    await Promise.all([near.close(), far.close()]);
    expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
  });

  it('lets either side open', async () => {
    const { near, far } = await connected();
    const opened = firstValueFrom(near.channels$);
    const channel = far.open('from far');
    expect(channel.id).toBe(2 ** 31);
    channel.outbound$.next('hello');
    channel.outbound$.complete();
    const answered = await opened;
    expect([answered.id, String(answered.handshake)]).toEqual([2 ** 31, 'from far']);
    expect(String(await all(answered))).toBe('hello');
  });

  it('reads an answer and its end after the response, where the engine tells of that last', async () => {
    const { near, far, nearPair } = await connected();
    far.channels$.subscribe(({ outbound$ }) => {
      outbound$.next('hello');
      outbound$.complete();
    });
    const { client } = nearPair;
    const request = client.request.bind(client);
    jest.spyOn(client, 'request').mockImplementation((...args) => {
      const stream = request(...args);
      const emit = stream.emit.bind(stream) as (...event: unknown[]) => boolean;
      stream.emit = (...event: unknown[]): boolean => {
        if (event[0] !== 'response') {
          return emit(...event);
        }
        nextTurn$.pipe(concatWith(nextTurn$)).subscribe({ complete: () => emit(...event) });
        return true;
      };
      return stream;
    });
    expect(String(await all(near.open()))).toBe('hello');
  });

  it('lets an opener send before a delayed answer, and the answer come later', async () => {
    const { near, far } = await connected();
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
    expect(own.handshake).toBeUndefined();
    answer('at last');
    expect(String(await all(own))).toBe('late');
    expect(String(own.handshake)).toBe('at last');
  });

  it("tells the peer's error after all earlier bytes, both ways", async () => {
    const { near, far } = await connected();
    far.channels$.subscribe((channel) => {
      channel.inbound$.subscribe({
        error: () => {
          channel.outbound$.next('heard');
          channel.outbound$.error(new Error('mine too'));
        },
      });
    });
    const channel = near.open();
    const heard = listen(channel.inbound$.pipe(map((chunk) => chunk.toString())));
    channel.outbound$.next('bytes');
    channel.outbound$.error(new Error('mine'));
    await firstValueFrom(near.removed$);
    expect(heard).toEqual(['heard', expect.any(PeerError)]);
  });

  it('holds back a channel that nobody reads, and no other', async () => {
    const { near, far } = await connected();
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

  it('refuses with status 503 when maxOpen is reached, and the opener fails both ways', async () => {
    const { near, far, nearPair } = await connected({ maxOpen: 1 });
    far.channels$.subscribe();
    await firstValueFrom(near.open().handshake$);
    const status = new Promise((resolve) => {
      nearPair.client.request(ofChannel(7), { endStream: false }).on('response', (headers) => {
        resolve(headers[':status']);
      });
    });
    expect(await status).toBe(503);
    expect([...far.openChannels.keys()]).toEqual([0]);

    const other = await connected({ acceptBacklog: 0 });
    const refused = other.near.open();
    const heard = [refused.inbound$, refused.closed$].map((observable$) => listen<unknown>(observable$));
    refused.outbound$.next(Buffer.alloc(200_000));
    refused.outbound$.complete();
    await firstValueFrom(other.near.removed$);
    expect(heard).toEqual([[expect.any(PeerError)], [expect.any(PeerError)]]);
  });

  it.each([
    { ours: true, theirs: true },
    { ours: true, theirs: false },
    { ours: false, theirs: true },
    { ours: false, theirs: false },
  ])(
    'refuses what is rejected, and forgets it, with extensions: $ours, $theirs',
    async ({ ours, theirs }) => {
      const { near, far } = await connected({ extensions: ours }, undefined, { extensions: theirs });
      far.channels$.subscribe((channel) => {
        channel.reject();
      });
      const channel = near.open();
      const heard = listen(channel.inbound$);
      await Promise.all([firstValueFrom(near.removed$), firstValueFrom(far.removed$)]);
      expect(heard).toEqual([expect.any(PeerError)]);
    },
  );

  it('goes on where many channels are refused in a short time, which is no attack', async () => {
    const { near, far } = await connected();
    far.channels$.subscribe((channel) => {
      if (String(channel.handshake) !== 'hello') {
        channel.reject();
      }
    });
    // A server of Node's ends a session that has had some 1 000 streams reset, and 33 more in each second.
    for (let refused = 0; refused < 1200; refused += 100) {
      const removed = lastValueFrom(near.removed$.pipe(take(100)));
      for (let i = 0; i < 100; i += 1) {
        near.open();
      }
      await removed;
    }
    await firstValueFrom(near.open('hello').handshake$);
    expect(near.openChannels.size).toBe(1);
  });

  it('answers 409 for a number in use and 400 for none', async () => {
    const { near, far, nearPair } = await connected();
    far.channels$.subscribe();
    await firstValueFrom(near.open().handshake$);
    for (const [headers, status] of [
      [ofChannel(0), 409],
      [{ ':method': 'POST', ':path': '/' }, 400],
    ] as const) {
      const request = nearPair.client.request(headers);
      const [response] = (await once(request, 'response')) as [IncomingHttpHeaders];
      expect(response[':status']).toBe(status);
    }
  });

  describe('of servers that answer requests themselves', () => {
    /** Two muxes, whose servers answer all but requests for channels. `answersAll`: those, too. */
    async function routed(answersAll = false): Promise<{ near: Mux; far: Mux; client: ClientHttp2Session }> {
      const [nearPair, farPair] = await connectPairs((request, response) => {
        if (answersAll || request.headers['bpmux-channel'] === undefined) {
          response.end('a page');
        }
      });
      return {
        near: new Mux(new Http2Sessions(nearPair.client, nearPair.server)),
        far: new Mux(new Http2Sessions(farPair.client, farPair.server), { highChannels: true }),
        client: nearPair.client,
      };
    }

    it('leaves them what they have answered', async () => {
      const { near, far, client } = await routed();
      const page = client.request({ ':path': '/page' });
      expect(String(await buffer(page))).toBe('a page');
      far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const channel = near.open();
      channel.outbound$.next('hello');
      channel.outbound$.complete();
      expect(String(await all(channel))).toBe('hello');
    });

    it('fails a channel that they have answered, and nothing else', async () => {
      const { near, far } = await routed(true);
      const accepted = firstValueFrom(far.channels$);
      const { inbound$, outbound$ } = near.open();
      const answered = await accepted;
      await expect(firstValueFrom(answered.inbound$)).rejects.toThrow(PeerError);
      await expect(lastValueFrom(inbound$)).rejects.toThrow(PeerError);
      outbound$.complete();
      answered.outbound$.complete();
      await Promise.all([near.close(), far.close()]);
    });
  });

  it('sends the headers that it is asked to', async () => {
    const { near, farPair, nearPair } = await connected(
      {},
      { requestHeaders: { ':path': '/mux', 'x-who': 'me' } },
    );
    const asked = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream, IncomingHttpHeaders]>;
    near.open();
    expect((await asked)[1]).toMatchObject({ ':path': '/mux', 'x-who': 'me', ':method': 'POST' });
    expect(nearPair.client.closed).toBe(false);
  });

  it('fails the mux whose own headers HTTP/2 does not allow, and says which', async () => {
    const { near } = await connected({}, { requestHeaders: { connection: 'close' } });
    const [goingAway, inbound] = [listen(near.goingAway$), listen(near.open().inbound$)];
    const error: unknown = await lastValueFrom(near.channels$).catch((why: unknown) => why);
    expect(String(error)).toContain('"connection"');
    expect(inbound).toMatchObject([{ code: 'ERR_RXMUX_CARRIER_ENDED', cause: error }]);
    expect(goingAway).toEqual(['complete']);
  });

  it('fails the mux whose own headers of an answer HTTP/2 does not allow', async () => {
    const { near, far } = await connected({}, { responseHeaders: { connection: 'close' } });
    const channel = near.open();
    const heard = listen(channel.inbound$);
    const error: unknown = await lastValueFrom(far.channels$).catch((why: unknown) => why);
    expect(String(error)).toContain('"connection"');
    await lastValueFrom(near.channels$, { defaultValue: undefined }).catch(() => undefined);
    expect(heard).toMatchObject([{ code: 'ERR_RXMUX_CARRIER_ENDED' }]);
  });

  it.each([true, false])(
    'fails a channel whose handshake data HTTP/2 does not take, and no other (extensions: %s)',
    async (extensions) => {
      const { near, far } = await connected({ extensions });
      far.channels$.subscribe((channel) => {
        channel.destroy();
      });
      const large = near.open(Buffer.alloc(50_000));
      const heard = listen(large.inbound$);
      await firstValueFrom(near.removed$);
      expect(heard).toEqual([expect.any(PeerError)]);
      expect((heard[0] as PeerError).reason?.code).toBe(extensions ? 'HANDSHAKE_TOO_LONG' : undefined);
      const next = near.open(Buffer.alloc(45_000));
      next.outbound$.complete();
      expect(await all(next)).toEqual(Buffer.alloc(0));
    },
  );

  it('fails a channel that is answered with more than HTTP/2 takes, at both ends, and no other', async () => {
    const { near, far } = await connected();
    const ends: unknown[][] = [];
    far.channels$.subscribe((channel) => {
      ends.push(listen(channel.inbound$));
      channel.accept(Buffer.alloc(Number(String(channel.handshake))));
      channel.outbound$.next('an answer');
      channel.outbound$.complete();
    });
    const large = near.open('50000');
    const heard = listen(large.inbound$);
    await firstValueFrom(near.removed$);
    expect(heard).toEqual([expect.any(PeerError)]);
    const next = near.open('45000');
    next.outbound$.complete();
    expect(String(await all(next))).toBe('an answer');
    expect(ends).toEqual([[expect.any(PeerError)], ['complete']]);
  });

  it('is no longer open to channels once its session closes', async () => {
    for (const reason of [undefined, { code: 'GOING_AWAY', message: 'no more channels are accepted' }]) {
      const { near, nearPair } = await connected({ extensions: reason !== undefined });
      nearPair.client.close();
      const channel = near.open();
      const heard = listen(channel.closed$);
      await firstValueFrom(near.removed$);
      expect(heard).toEqual([expect.any(PeerError)]);
      expect(heard).toMatchObject([{ reason }]);
    }
  });

  it('makes of keep-alives PINGs, whose answers are the signs of life of the peer', async () => {
    const { near } = await connected({ keepAlive: 5 });
    await firstValueFrom(near.keepAlive$);
  });

  it('sends no PING over a session that is gone', async () => {
    const { near, nearPair } = await connected({ keepAlive: 5 });
    nearPair.client.destroy();
    await once(nearPair.client, 'close');
    const server = once(nearPair.server, 'close');
    near.destroy();
    await server;
  });

  it('fails the mux with the error of a session', async () => {
    const { near, nearPair } = await connected();
    const channels = listen(near.channels$);
    const error = new Error('broken');
    nearPair.client.destroy(error);
    await firstValueFrom(near.closed$);
    expect(channels).toEqual([error]);
  });

  it('ends both sides when one is destroyed', async () => {
    const { near, far } = await connected();
    const opened = firstValueFrom(far.channels$);
    const channel = near.open();
    const heard = listen(channel.closed$);
    await opened;
    far.destroy();
    await firstValueFrom(near.removed$);
    expect(heard).toHaveLength(1);
    near.destroy();
  });

  it('works through Duplexes', async () => {
    const { near, far } = await connected();
    far.channels$.subscribe((channel) => {
      const duplex = toDuplex(channel);
      duplex.pipe(duplex);
    });
    const duplex = toDuplex(near.open());
    duplex.end(Buffer.alloc(100_000, 7));
    expect((await buffer(duplex)).equals(Buffer.alloc(100_000, 7))).toBe(true);
  });
});
