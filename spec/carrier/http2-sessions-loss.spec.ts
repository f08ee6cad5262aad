import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, lastValueFrom, reduce, tap } from 'rxjs';
import {
  CarrierEndedError,
  type Channel,
  KeepAliveTimeoutError,
  Mux,
  type MuxOptions,
  PeerError,
} from '../../src/index.js';
import { Http2Sessions } from '../../src/http2.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { connectPairs, cutPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { connected, ofChannel } from './http2-muxes.js';

/** What Node's types do not have: the number of the next stream. */
type NumberedSession = ClientHttp2Session & { setNextStreamID?: (id: number) => void };

const closed = (observable$: Channel['closed$']): Promise<unknown> =>
  firstValueFrom(observable$, { defaultValue: undefined }).catch((error: unknown) => error);

const text = ({ inbound$ }: Channel): Promise<string> =>
  lastValueFrom(inbound$.pipe(reduce((sum, chunk) => sum + chunk.toString(), '')));

describe('Http2Sessions whose connection is lost', () => {
  afterEach(disconnectPairs);
  expectNothingUnhandled();

  it.each([true, false])(
    'tell of the loss, and not of an error of the peer (extensions: %s)',
    async (extensions) => {
      const { near, far } = await connected({ extensions });
      const opened = firstValueFrom(far.channels$);
      const [channel, unanswered] = [near.open(), near.open()];
      await opened;
      const heard = [near, far].map(({ channels$, errors$ }) => [listen(channels$), listen(errors$)]);
      const ends = [channel, unanswered, await opened].map(({ closed$ }) => closed(closed$));
      cutPairs();
      for (const end of await Promise.all(ends)) {
        expect(end).toBeInstanceOf(CarrierEndedError);
      }
      await Promise.all([firstValueFrom(near.closed$), firstValueFrom(far.closed$)]);
      for (const [channels, errors] of heard) {
        expect([channels?.at(-1), errors]).toEqual(['complete', ['complete']]);
      }
      expect(() => near.open()).toThrow('the carrier takes no more');
    },
  );

  it.each(['client', 'server'] as const)(
    'find that nothing comes any more over the connection of the %s session',
    async (name) => {
      const { near, nearPair } = await connected({ keepAliveTimeout: 40 }, undefined, {
        keepAliveTimeout: false,
      });
      jest.spyOn(nearPair[name], 'ping').mockReturnValue(true); // it leaves, and no answer comes
      await expect(firstValueFrom(near.channels$)).rejects.toBeInstanceOf(KeepAliveTimeoutError);
    },
  );

  it.each<[string, (far: Mux, session: { destroy: () => void }) => void]>([
    [
      'one session is destroyed',
      (_far, session) => {
        session.destroy();
      },
    ],
    [
      'the mux is destroyed',
      (far) => {
        far.destroy();
      },
    ],
  ])('fail all channels at the far end, whichever session they are on, where %s', async (_what, lose) => {
    for (const which of ['client', 'server'] as const) {
      const { near, far, farPair } = await connected({ extensions: true });
      const [asked, answered] = [firstValueFrom(near.channels$), firstValueFrom(far.channels$)];
      const channels = [near.open(), far.open()];
      channels.push(await asked, await answered);
      const ends = channels.map(({ closed$ }) => closed(closed$));
      const errors = listen(near.errors$);
      lose(far, farPair[which]);
      const [own, , peers] = await Promise.all(ends);
      expect([own, peers]).toEqual([expect.any(CarrierEndedError), expect.any(CarrierEndedError)]);
      await firstValueFrom(far.closed$);
      expect(errors).toEqual(['complete']);
    }
  });

  it('tell of a loss where nothing was open', async () => {
    const { near, far, farPair } = await connected({ extensions: true });
    farPair.client.destroy();
    await Promise.all([firstValueFrom(near.closed$), firstValueFrom(far.closed$)]);
    expect(() => near.open()).toThrow('the carrier takes no more');
  });

  it('give the error that broke the session as the cause', async () => {
    const { near, far } = await connected({ extensions: true });
    const opened = firstValueFrom(far.channels$);
    const channel = near.open();
    await opened;
    const channels = listen(near.channels$);
    const end = closed(channel.closed$);
    far.destroy(new Error('no use'));
    const cause = expect.objectContaining({ code: 'ERR_HTTP2_SESSION_ERROR' }) as Error;
    expect(await end).toMatchObject({ code: 'ERR_RXMUX_CARRIER_ENDED', cause });
    expect(channels).toEqual([cause]);
  });

  it('are over where a session was gone before', async () => {
    const [pair] = await connectPairs();
    pair.client.destroy();
    await once(pair.client, 'close');
    const mux = new Mux(new Http2Sessions(pair.client, pair.server));
    await firstValueFrom(mux.closed$);
  });

  it('fail channels that were opened before there was a connection', async () => {
    const [, pair] = await connectPairs();
    const client = connect('http://127.0.0.1:1'); // nobody listens there
    const mux = new Mux(new Http2Sessions(client, pair.server), { extensions: true });
    const end = closed(mux.open().closed$);
    const channels = listen(mux.channels$);
    expect(await end).toMatchObject({
      code: 'ERR_RXMUX_CARRIER_ENDED',
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }) as Error,
    });
    expect(channels).toEqual([expect.objectContaining({ code: 'ECONNREFUSED' })]);
  });
});

describe('Http2Sessions', () => {
  afterEach(disconnectPairs);
  expectNothingUnhandled();

  it('open channels before they are connected, and their peer can stop what they send', async () => {
    const [nearPair, farPair] = await connectPairs();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const near = new Mux(new Http2Sessions(client, nearPair.server), { extensions: true });
    const channel = near.open();
    const [session] = (await once(server, 'session')) as [typeof farPair.server];
    const far = new Mux(new Http2Sessions(farPair.client, session), { extensions: true });
    (await firstValueFrom(far.channels$)).cancel();
    await firstValueFrom(channel.stopped$);
    const ended = once(server, 'close');
    server.close();
    near.destroy();
    far.destroy();
    await ended;
  });

  it.each([
    { extensions: true, reason: 'FULL' },
    { extensions: false, reason: undefined },
  ])(
    'refuse channels that were opened before the peer had said how many it takes (extensions: $extensions)',
    async ({ extensions, reason }) => {
      const [nearPair, farPair] = await connectPairs();
      const server = createServer({ settings: { maxConcurrentStreams: 1 } }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const near = new Mux(new Http2Sessions(client, nearPair.server), { extensions });
      const [first, tooMuch] = [near.open(), near.open()];
      const end = closed(tooMuch.closed$);
      const [session] = (await once(server, 'session')) as [typeof farPair.server];
      const far = new Mux(new Http2Sessions(farPair.client, session), { extensions });
      far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      const error = await end;
      expect(error).toBeInstanceOf(PeerError);
      expect((error as PeerError).reason?.code).toBe(reason);

      const waits = near.open(); // for the end of the first one
      const answer = text(waits);
      waits.outbound$.next('late');
      waits.outbound$.complete();
      first.outbound$.complete();
      expect(await answer).toBe('late');
      const ended = once(server, 'close');
      server.close();
      near.destroy();
      far.destroy();
      await ended;
    },
  );

  it('refuse channels while others, whose bytes nobody takes, have all the memory of a session', async () => {
    const [nearPair, farPair] = await connectPairs();
    const server = createServer({ maxSessionMemory: 1 }).listen(0, '127.0.0.1'); // MB
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = connect(address);
    const near = new Mux(new Http2Sessions(client, nearPair.server), { extensions: true });
    const [session] = (await once(server, 'session')) as [typeof farPair.server];
    const far = new Mux(new Http2Sessions(farPair.client, session), { extensions: true });
    far.channels$.subscribe(({ outbound$ }) => {
      outbound$.next(Buffer.alloc(300_000, 'x'));
      outbound$.complete();
    });
    const first = near.open();
    const errors: unknown[] = [];
    for (let opened = 0; errors.length === 0 && opened < 100; opened += 1) {
      await firstValueFrom(near.open().handshake$).catch((error: unknown) => errors.push(error));
    }
    expect(errors).toMatchObject([{ reason: { code: 'FULL' } }]);
    expect(await text(first)).toBe('x'.repeat(300_000));
    const ended = once(server, 'close');
    server.close();
    near.destroy();
    far.destroy();
    await ended;
  });

  it('fail a channel for which the session has no number left, and keep the others', async () => {
    const { near, far, nearPair } = await connected({ extensions: true });
    far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const client: NumberedSession = nearPair.client;
    client.setNextStreamID?.(2 ** 31 - 1);
    const last = near.open();
    await firstValueFrom(last.handshake$);
    const tooMuch = near.open();
    const removed = firstValueFrom(near.removed$);
    expect(await closed(tooMuch.closed$)).toBeInstanceOf(PeerError);
    expect(await removed).toBe(tooMuch);
    last.outbound$.next('alive');
    expect(String(await firstValueFrom(last.inbound$))).toBe('alive');
  });

  it('refuse a channel once its session has been closed in good order, and keep those of the far end', async () => {
    const { near, far, nearPair } = await connected({ extensions: false });
    near.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const others = far.open();
    await firstValueFrom(others.handshake$);
    const gone = once(nearPair.client, 'close');
    nearPair.client.close();
    await gone;
    expect(await closed(near.open().closed$)).toBeInstanceOf(PeerError);
    others.outbound$.next('alive');
    expect(String(await firstValueFrom(others.inbound$))).toBe('alive');
  });

  it('keep what comes before there is a mux', async () => {
    const [nearPair, farPair] = await connectPairs();
    const carrier = new Http2Sessions(farPair.client, farPair.server);
    const near = new Mux(new Http2Sessions(nearPair.client, nearPair.server), { extensions: true });
    near.open('early').outbound$.next('bytes');
    await once(farPair.server, 'stream');
    for (let i = 0; i < 5; i += 1) {
      await turn();
    }
    const far = new Mux(carrier, { extensions: true });
    const channel = await firstValueFrom(far.channels$);
    expect(String(channel.handshake)).toBe('early');
    expect(String(await firstValueFrom(channel.inbound$))).toBe('bytes');
    expect(await far.ping()).toBeGreaterThanOrEqual(0);
  });

  it('say nothing about channels that are over', async () => {
    const { near, far } = await connected({ extensions: true });
    const errors = [near, far].map(({ errors$ }) => listen(errors$));
    far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const channel = near.open();
          channel.outbound$.next(Buffer.alloc(100_000, i));
          channel.outbound$.complete();
          expect(await text(channel)).toHaveLength(100_000);
        }),
      );
    }
    // Ones whose peer ends first, while much of this side's waits.
    const channel = near.open();
    channel.outbound$.next(Buffer.alloc(1_000_000));
    channel.cancel();
    channel.outbound$.complete();
    await firstValueFrom(near.removed$);
    await Promise.all([near.close(), far.close()]);
    expect(errors).toEqual([['complete'], ['complete']]);
  });

  it('open a number again as soon as it is free', async () => {
    const { near, far } = await connected({ extensions: true });
    far.channels$.subscribe((channel) => {
      channel.accept(`to ${String(channel.handshake)}`);
      channel.inbound$.subscribe(channel.outbound$);
    });
    for (let i = 0; i < 30; i += 1) {
      const channel = near.open(String(i), { channel: 7 });
      channel.outbound$.next(`${i}!`);
      channel.outbound$.complete();
      const removed = firstValueFrom(near.removed$);
      expect([await text(channel), String(channel.handshake)]).toEqual([`${i}!`, `to ${i}`]);
      await removed;
    }
  });

  it('open a number again whose last channel has still to be read at the far end', async () => {
    const { near, far } = await connected({ extensions: true }, undefined, {
      peerChannelOptions: { highWaterMark: 100, maxHighWaterMark: 100 },
    });
    const channels: Channel[] = [];
    far.channels$.subscribe((channel) => channels.push(channel));
    const open = (name: string): void => {
      const channel = near.open(name, { channel: 7 });
      channel.outbound$.next(name.repeat(3_000));
      channel.outbound$.complete();
    };
    open('first ');
    while (channels.length === 0) {
      await turn();
    }
    const [first] = channels as [Channel];
    const removed = firstValueFrom(near.removed$);
    first.outbound$.complete();
    await removed;
    const second = firstValueFrom(far.channels$);
    open('second ');
    for (let i = 0; i < 20; i += 1) {
      await turn();
    }
    expect(channels).toHaveLength(1);
    expect(await text(first)).toBe('first '.repeat(3_000));
    expect(await text(await second)).toBe('second '.repeat(3_000));
  });

  it('let one request wait for a number that is about to be free, and answer the others with 409', async () => {
    const { far, nearPair } = await connected({ extensions: true }, undefined, {
      peerChannelOptions: { highWaterMark: 1 },
    });
    const opened = firstValueFrom(far.channels$);
    const first = nearPair.client.request(ofChannel(7), { endStream: false });
    first.end('unread');
    const channel = await opened;
    channel.outbound$.complete();
    first.resume();
    await once(first, 'close');
    const [second, third] = [
      nearPair.client.request(ofChannel(7), { endStream: false }),
      nearPair.client.request(ofChannel(7), { endStream: false }),
    ];
    const statusOf = async (request: typeof first): Promise<unknown> =>
      ((await once(request, 'response')) as [Record<string, unknown>])[0][':status'];
    const answered = statusOf(second);
    expect(await statusOf(third)).toBe(409);
    const next = firstValueFrom(far.channels$);
    expect(await text(channel)).toBe('unread');
    await next; // which answers it
    expect(await answered).toBe(200);
  });

  it('forget a request that has gone while it waited for its number', async () => {
    const { far, nearPair, farPair } = await connected({ extensions: true }, undefined, {
      peerChannelOptions: { highWaterMark: 1 },
    });
    const opened = firstValueFrom(far.channels$);
    const first = nearPair.client.request(ofChannel(7), { endStream: false });
    first.end('unread');
    const channel = await opened;
    channel.outbound$.complete();
    first.resume();
    await once(first, 'close');
    const asked = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream]>;
    const second = nearPair.client.request(ofChannel(7), { endStream: false });
    second.on('error', () => undefined);
    const [stream] = await asked;
    second.close(constants.NGHTTP2_INTERNAL_ERROR);
    await new Promise((resolve) => stream.on('close', resolve));
    expect(await text(channel)).toBe('unread');
    expect(await far.ping()).toBeGreaterThanOrEqual(0);
    expect(far.openChannels.size).toBe(0);
  });

  it('refuse a channel with bytes and forget it, so that the number can be used again', async () => {
    const { far, nearPair } = await connected({ extensions: true });
    far.channels$.subscribe((channel) => {
      channel.reject();
    });
    for (let i = 0; i < 3; i += 1) {
      const request = nearPair.client.request(ofChannel(7), { endStream: false });
      request.end(Buffer.alloc(200_000));
      const [headers] = (await once(request, 'response')) as [Record<string, unknown>];
      expect(headers[':status']).toBe(503);
      request.resume();
      await once(request, 'close');
    }
  });

  it('find no fault where the last bytes of a channel come to a stream that has been closed', async () => {
    const { far, nearPair, farPair } = await connected({ extensions: true });
    const faults = listen(far.errors$);
    const arrived = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream]>;
    const opened = firstValueFrom(far.channels$);
    const request = nearPair.client.request(ofChannel(7), { endStream: false });
    request.end();
    const [[stream], channel] = await Promise.all([arrived, opened]);
    expect(await lastValueFrom(channel.inbound$, { defaultValue: 'nothing' })).toBe('nothing');
    await once(request, 'response');
    request.close();
    await once(stream, 'close');
    channel.outbound$.next('too late');
    channel.outbound$.complete();
    expect(await closed(channel.closed$)).toBeUndefined();
    await turn();
    expect(faults).toEqual([]);
  });

  it('deliver what comes by a number whose last channel was refused after its end had come', async () => {
    const { far, nearPair } = await connected({ extensions: true });
    const ask = (): ClientHttp2Stream => nearPair.client.request(ofChannel(7), { endStream: false });
    const delayed = firstValueFrom(far.channels$.pipe(tap((channel) => channel.delayHandshake())));
    const first = ask();
    first.end('first');
    const refused = await delayed;
    expect(await text(refused)).toBe('first');
    refused.reject();
    await once(first, 'response');
    await once(first.resume(), 'close');

    const opened = firstValueFrom(far.channels$);
    ask().end('second');
    expect(await text(await opened)).toBe('second');
  });

  it.each([constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL])(
    'deliver what had come of a stream that is reset with code %i, and then its error',
    async (code) => {
      const options: MuxOptions = { peerChannelOptions: { highWaterMark: 10, maxHighWaterMark: 10 } };
      const { far, nearPair, farPair } = await connected({ extensions: true }, undefined, options);
      const arrived = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream]>;
      const opened = firstValueFrom(far.channels$);
      const request = nearPair.client.request(
        { ...ofChannel(7), 'rxmux-version': '1' },
        { endStream: false },
      );
      request.on('error', () => undefined);
      request.write('unread'.repeat(1_000));
      const [[stream], channel] = await Promise.all([arrived, opened]);
      while (stream.readableLength < 5_900) {
        await turn();
      }
      const lost = once(stream, 'aborted');
      request.close(code);
      await lost;
      await turn();
      const errors = listen(far.errors$);
      const heard = listen(channel.inbound$);
      channel.outbound$.complete();
      await firstValueFrom(far.removed$);
      expect(heard.pop()).toBeInstanceOf(PeerError);
      expect(heard.map(String).join('')).toBe('unread'.repeat(1_000));
      expect(errors).toEqual([]);
    },
  );

  it('lose nothing that is unread when the far end closes in good order', async () => {
    const { near, far } = await connected({ extensions: true }, undefined, {
      peerChannelOptions: { highWaterMark: 10, maxHighWaterMark: 10 },
    });
    const opened = firstValueFrom(far.channels$);
    const own = near.open();
    own.outbound$.next('unread'.repeat(5_000));
    own.outbound$.complete();
    const channel = await opened;
    channel.outbound$.complete();
    const closing = near.close();
    await firstValueFrom(near.removed$);
    for (let i = 0; i < 20; i += 1) {
      await turn();
    }
    expect(await text(channel)).toBe('unread'.repeat(5_000));
    void far.close();
    await closing;
  });
});
