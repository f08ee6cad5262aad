import { once } from 'node:events';
import { type ClientHttp2Stream, constants, type Http2Stream, type ServerHttp2Stream } from 'node:http2';
import { firstValueFrom } from 'rxjs';
import { type Channel, Mux, PeerError } from '../../src/index.js';
import { Http2Sessions } from '../../src/http2.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { connected, ofChannel } from './http2-muxes.js';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

describe('Http2Sessions', () => {
  afterEach(disconnectPairs);
  expectNothingUnhandled();

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
      stream.on('error', () => undefined).close(constants.NGHTTP2_INTERNAL_ERROR);
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
