import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientHttp2Stream,
  constants,
  type Http2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { filter, firstValueFrom, lastValueFrom, map, reduce, take, toArray } from 'rxjs';
import { type Channel, Mux, type MuxOptions, PeerError, toDuplex } from '../../src/index.js';
import { Http2Sessions, type Http2SessionsOptions } from '../../src/http2.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';

/** Two muxes over HTTP/2, and their sessions. */
async function connected(options: MuxOptions = {}, carrierOptions?: Http2SessionsOptions) {
  const [nearPair, farPair] = await connectPairs();
  const near = new Mux(new Http2Sessions(nearPair.client, nearPair.server, carrierOptions), options);
  const far = new Mux(new Http2Sessions(farPair.client, farPair.server, carrierOptions), {
    highChannels: true,
    ...options,
  });
  return { near, far, nearPair, farPair };
}

const all = ({ inbound$ }: Channel): Promise<Buffer> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => Buffer.concat([sum, chunk]), Buffer.alloc(0))));

const ofChannel = (number: number): IncomingHttpHeaders => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return { ':method': 'POST', ':path': '/', 'bpmux-channel': bytes.toString('base64') };
};

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

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

  it('refuses what is rejected, and forgets it', async () => {
    const { near, far } = await connected();
    far.channels$.subscribe((channel) => {
      channel.reject();
    });
    const channel = near.open();
    const heard = listen(channel.inbound$);
    await Promise.all([firstValueFrom(near.removed$), firstValueFrom(far.removed$)]);
    expect(heard).toEqual([expect.any(PeerError)]);
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

  it('fails a channel whose stream is reset, discards what it still sends, and keeps the others', async () => {
    const { near, far, farPair } = await connected();
    far.channels$.subscribe((channel) => {
      channel.inbound$.subscribe({
        next: (chunk) => {
          channel.outbound$.next(chunk);
        },
        error: () => undefined,
      });
    });
    const streams: ServerHttp2Stream[] = [];
    farPair.server.on('stream', (stream) => streams.push(stream));
    const [reset, other] = [near.open(), near.open()];
    await Promise.all([firstValueFrom(reset.handshake$), firstValueFrom(other.handshake$)]);
    const failed = firstValueFrom(reset.inbound$).catch((error: unknown) => error);
    streams[0]?.close(constants.NGHTTP2_INTERNAL_ERROR);
    expect(await failed).toBeInstanceOf(PeerError);
    reset.outbound$.next(Buffer.alloc(500_000));
    reset.outbound$.complete();
    await firstValueFrom(near.removed$);
    other.outbound$.next('alive');
    expect(String(await firstValueFrom(other.inbound$))).toBe('alive');
  });

  it('fails a channel whose stream is reset before it is answered, and forgets it', async () => {
    const [nearPair, farPair] = await connectPairs();
    farPair.server.on('stream', (stream) => {
      stream.on('error', () => undefined).close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const near = new Mux(new Http2Sessions(nearPair.client, nearPair.server));
    const channel = near.open();
    const inbound = listen(channel.inbound$);
    const closed = listen(channel.closed$);
    expect(await firstValueFrom(near.removed$)).toBe(channel);
    expect(inbound).toEqual([new PeerError({ channelId: channel.id })]);
    expect(closed).toEqual([new PeerError({ channelId: channel.id })]);
    expect(near.openChannels.size).toBe(0);
  });

  it('is no longer open to channels once its session closes', async () => {
    const { near, nearPair } = await connected();
    nearPair.client.close();
    const channel = near.open();
    const heard = listen(channel.closed$);
    await firstValueFrom(near.removed$);
    expect(heard).toEqual([expect.any(PeerError)]);
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

  describe('outlives a stream of the peer’s that is gone', () => {
    /** What happens to a request that opens the channel 7: after it the stream takes no answer. */
    type Loss = (request: ClientHttp2Stream, stream: ServerHttp2Stream) => Promise<unknown>;

    const closing = (stream: Http2Stream): Promise<unknown> =>
      new Promise((resolve) => stream.once('close', resolve));

    const resetWith =
      (code: number): Loss =>
      (request, stream) => {
        request.close(code);
        return closing(stream);
      };

    const losses: Readonly<Record<string, Loss>> = {
      'has been cancelled': resetWith(NGHTTP2_CANCEL),
      'has been reset with an error': resetWith(NGHTTP2_INTERNAL_ERROR),
      // Node keeps it until it has been read.
      'has been reset without an error while bytes wait': async (request, stream) => {
        request.write('unread');
        while (stream.readableLength === 0) {
          await turn();
        }
        const lost = once(stream, 'aborted');
        request.close(NGHTTP2_NO_ERROR);
        await lost;
        expect([stream.closed, stream.destroyed]).toEqual([true, false]);
      },
      'was of a session that is gone': (request, stream) => {
        request.session?.destroy();
        return closing(stream);
      },
    };

    /** What may be done with its channel. */
    const uses: Readonly<Record<string, (channel: Channel, mux: Mux) => void>> = {
      'is accepted': (channel) => {
        channel.accept('welcome');
        channel.outbound$.next('bytes');
        channel.outbound$.complete();
      },
      'is rejected': (channel) => {
        channel.reject();
      },
      'is destroyed': (channel) => {
        channel.destroy();
      },
      'is destroyed with an error': (channel) => {
        channel.destroy(new Error('no use'));
      },
      'fails here': (channel) => {
        channel.accept();
        channel.outbound$.next(Buffer.alloc(200_000));
        channel.outbound$.error(new Error('no use'));
      },
      'is of a mux that closes': (channel, mux) => {
        void mux.close();
        channel.destroy();
      },
      'is of a mux that is destroyed': (_channel, mux) => {
        mux.destroy();
      },
    };

    const cases = Object.keys(losses).flatMap((loss) => Object.keys(uses).map((use) => [loss, use] as const));

    /** A request for the channel 7, of which the far mux knows. */
    async function asked(isDelayed: boolean) {
      const { far, nearPair, farPair } = await connected({ peerChannelOptions: { highWaterMark: 1 } });
      const arrived = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream]>;
      const request = nearPair.client.request(ofChannel(7), { endStream: false });
      request.on('error', () => undefined);
      const [stream] = await arrived;
      if (isDelayed) {
        far.channels$.subscribe({
          next: (channel) => {
            channel.delayHandshake();
          },
          error: () => undefined,
        });
        await firstValueFrom(far.handshakeSent$);
      }
      const channel = far.openChannels.get(7);
      if (channel === undefined) {
        throw new Error('there is no channel 7');
      }
      return { far, channel, request, stream };
    }

    it.each(cases)('that %s, where its channel %s unanswered', async (loss, use) => {
      const { far, channel, request, stream } = await asked(false);
      await losses[loss]?.(request, stream);
      const removed = firstValueFrom(far.removed$);
      uses[use]?.(channel, far);
      listen(channel.inbound$);
      expect(await removed).toBe(channel);
    });

    it.each(cases)('that %s, where its channel %s and the answer was delayed', async (loss, use) => {
      const { far, channel, request, stream } = await asked(true);
      await losses[loss]?.(request, stream);
      const removed = firstValueFrom(far.removed$);
      uses[use]?.(channel, far);
      listen(channel.inbound$);
      expect(await removed).toBe(channel);
    });
  });

  describe('outlives a stream of its own that the peer has reset', () => {
    const uses: Readonly<Record<string, (channel: Channel, mux: Mux) => void>> = {
      'goes on': (channel) => {
        channel.outbound$.next(Buffer.alloc(200_000));
        channel.outbound$.complete();
      },
      'is given up': (channel) => {
        channel.cancel();
        channel.outbound$.complete();
      },
      'is destroyed': (channel) => {
        channel.destroy();
      },
      'fails here': (channel) => {
        channel.destroy(new Error('no use'));
      },
      'is of a mux that closes': (channel, mux) => {
        void mux.close();
        channel.outbound$.complete();
      },
      'is of a mux that is destroyed': (_channel, mux) => {
        mux.destroy();
      },
    };

    const cases = ['before', 'after'].flatMap((when) =>
      [NGHTTP2_NO_ERROR, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR].flatMap((code) =>
        Object.keys(uses).map((use) => [when, code, use] as const),
      ),
    );

    it.each(cases)('%s the answer, with code %i, where its channel %s', async (when, code, use) => {
      const [nearPair, farPair] = await connectPairs();
      const near = new Mux(new Http2Sessions(nearPair.client, nearPair.server));
      const request = jest.spyOn(nearPair.client, 'request');
      farPair.server.on('stream', (stream) => {
        stream.on('error', () => undefined);
        if (when === 'after') {
          stream.respond();
          stream.write('unread');
        }
        stream.close(code);
      });
      const channel = near.open();
      channel.outbound$.next('bytes');
      await turn();
      const stream = request.mock.results[0]?.value as ClientHttp2Stream;
      while (!stream.closed) {
        await turn();
      }
      const removed = firstValueFrom(near.removed$);
      uses[use]?.(channel, near);
      listen(channel.inbound$);
      expect(await removed).toBe(channel);
    });
  });

  it.each([
    [409, ofChannel(7)],
    [400, { ':method': 'POST', ':path': '/' }],
  ])('outlives a request that would be answered with %i and is gone', async (_status, headers) => {
    const { near, far, nearPair, farPair } = await connected();
    far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const channel = near.open('', { channel: 7 });
    await firstValueFrom(channel.handshake$);
    // Before the carrier hears of it.
    farPair.server.prependListener('stream', (stream) => stream.destroy(new Error('gone')));
    const request = nearPair.client.request(headers, { endStream: false });
    await new Promise((resolve) => request.on('error', () => undefined).on('close', resolve));
    channel.outbound$.next('alive');
    expect(String(await firstValueFrom(channel.inbound$))).toBe('alive');
  });

  it('sends no trailers on a stream that goes when they are wanted', async () => {
    const { near, far, farPair } = await connected();
    far.channels$.subscribe(({ outbound$ }) => {
      outbound$.next(Buffer.alloc(500_000)); // so they are wanted when the last of it leaves
      outbound$.complete();
    });
    farPair.server.on('stream', (stream) => {
      stream.prependListener('wantTrailers', () => stream.destroy(new Error('gone')));
    });
    const channel = near.open();
    channel.outbound$.complete();
    const heard = listen(channel.inbound$);
    await firstValueFrom(near.removed$);
    expect(heard.at(-1)).toBeInstanceOf(PeerError);
  });
});
