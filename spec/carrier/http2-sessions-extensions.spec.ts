import { once } from 'node:events';
import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { count, filter, firstValueFrom, map, type Observable, repeat, scan, take, takeUntil } from 'rxjs';
import {
  type Channel,
  ChannelError,
  type Mux,
  MuxClosedError,
  type MuxOptions,
  PeerError,
  StoppedError,
  toDuplex,
  toWebStream,
} from '../../src/index.js';
import { Http2Sessions } from '../../src/http2.js';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { expectNothingUnhandled } from '../hostile/support/unhandled.js';
import { connectPairs, disconnectPairs } from '../support/http2-pairs.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import { keepAlive, ping, WireReader } from '../support/wire.js';
import { connected, ofChannel } from './http2-muxes.js';

const extensions = { extensions: true };

const pair = (options?: MuxOptions, farOptions?: MuxOptions) =>
  connected({ ...extensions, ...options }, undefined, farOptions);

/** A channel at both ends, answered. */
async function open(from: Mux, to: Mux): Promise<readonly [Channel, Channel]> {
  const opened = firstValueFrom(to.channels$);
  const channel = from.open();
  const peer = await opened;
  await firstValueFrom(channel.handshake$);
  return [channel, peer];
}

/** The error that the Observable ends with. */
const errorOf = (observable$: Observable<unknown>): Promise<unknown> =>
  new Promise((resolve) => {
    observable$.subscribe({ error: resolve });
  });

/** Values in each turn of the event loop, until the channel takes no more. */
const feed = ({ outbound$, stopped$ }: Channel): void => {
  nextTurn$
    .pipe(
      repeat(),
      map(() => 'tick'),
      takeUntil(stopped$),
    )
    .subscribe(outbound$);
};

describe('two muxes over Http2Sessions that know more than bpmux', () => {
  afterEach(disconnectPairs);
  expectNothingUnhandled();

  it('answer pings, at once and many', async () => {
    const { near, far } = await pair();
    expect(await near.ping()).toBeGreaterThanOrEqual(0);
    const times = await Promise.all(Array.from({ length: 40 }, () => far.ping()));
    expect(times.every((time) => time >= 0 && time < 60_000)).toBe(true);
  });

  it('answer a ping, and stop a channel, while an application has as many PINGs under way as its session takes', async () => {
    const { near, far, nearPair } = await pair();
    const [channel, peer] = await open(near, far);
    const stopped = firstValueFrom(peer.stopped$, { defaultValue: undefined });
    const { client } = nearPair;
    const ping = client.ping.bind(client);
    let isFull = true;
    const another = (error: Error | null): void => {
      if (isFull && error === null) {
        ping(another);
      }
    };
    while (ping(another)) {
      // one more
    }
    let refused = 0;
    const bothRefused = new Promise<void>((resolve) => {
      jest.spyOn(client, 'ping').mockImplementation((...given: unknown[]) => {
        const isTaken = (ping as (...args: unknown[]) => boolean)(...given);
        refused += isTaken ? 0 : 1;
        if (refused === 2) {
          resolve();
        }
        return isTaken;
      });
    });
    const answered = near.ping();
    channel.cancel();
    await bothRefused;
    isFull = false;
    expect(await answered).toBeGreaterThanOrEqual(0);
    await stopped;
    expect(refused).toBeGreaterThanOrEqual(2);
  });

  it('answer a ping that waits for another one’s answer, though a keep-alive comes between', async () => {
    const [{ client, server }] = await connectPairs();
    const carrier = new Http2Sessions(client, server);
    const reader = new WireReader();
    const answered = firstValueFrom(
      carrier.inbound$.pipe(
        scan((said, bytes) => [...said, ...reader.read(bytes)], [] as string[]),
        filter((said) => said.length === 3),
      ),
    );
    carrier.write([ping(1), ping(2), keepAlive()]);
    expect(await answered).toEqual(['HELLO version=1 window=0', 'PONG 1', 'PONG 2']);
    carrier.destroy();
  });

  it('answer a ping that crosses the far end’s close', async () => {
    const { near, far } = await pair();
    await open(far, near);
    void far.close();
    expect(await near.ping()).toBeGreaterThanOrEqual(0);
  });

  it('answer pings while they are closing, and fail those that get no answer', async () => {
    const { near, far } = await pair();
    await open(near, far);
    void far.close();
    await firstValueFrom(near.goingAway$);
    expect(await near.ping()).toBeGreaterThanOrEqual(0);
    const error = new Error('gone');
    const unanswered = near.ping();
    near.destroy(error);
    await expect(unanswered).rejects.toBe(error);
  });

  it.each(['near', 'far'] as const)(
    'tell that no more channels are accepted, where %s has opened the one that goes on',
    async (opener) => {
      const { near, far } = await pair();
      const [channel, peer] = await (opener === 'near' ? open(near, far) : open(far, near));
      const heard = listen(near.goingAway$);
      const closing = far.close();
      await firstValueFrom(near.goingAway$);
      expect(heard).toEqual([undefined, 'complete']);
      expect(() => near.open()).toThrow(new MuxClosedError({ message: 'the peer accepts no more channels' }));
      channel.outbound$.next('still there');
      expect(String(await firstValueFrom(peer.inbound$))).toBe('still there');
      channel.outbound$.complete();
      peer.outbound$.complete();
      await Promise.all([near.close(), closing]);
    },
  );

  it('close with what is open, where the far end has closed the session of its own channels', async () => {
    const { near, far, nearPair, farPair } = await connected({ extensions: true });
    const [channel, peer] = await open(near, far);
    const closed = once(nearPair.server, 'close');
    farPair.client.close();
    await closed;
    const errors = listen(near.errors$);
    const closing = near.close();
    channel.outbound$.next('still there');
    expect(String(await firstValueFrom(peer.inbound$))).toBe('still there');
    channel.outbound$.complete();
    peer.outbound$.complete();
    await Promise.all([closing, far.close()]);
    expect(errors).toEqual(['complete']);
  });

  it('tell it late where they learn late that the peer knows the word', async () => {
    const { near, far } = await pair();
    const asked = firstValueFrom(
      near.channels$.pipe(map((channel) => ({ channel, answer: channel.delayHandshake() }))),
    );
    const channel = far.open();
    const { channel: peer, answer } = await asked;
    void far.close();
    await turn();
    answer();
    await firstValueFrom(near.goingAway$);
    channel.outbound$.complete();
    peer.outbound$.complete();
    await near.close();
  });

  it('tell why a channel is refused whose request has crossed the GOAWAY', async () => {
    const { near, far } = await pair();
    await open(near, far);
    void far.close();
    await turn();
    const failed = await errorOf(near.open().closed$);
    expect(failed).toBeInstanceOf(PeerError);
    expect(failed).toMatchObject({ reason: { code: 'GOING_AWAY' } });
  });

  const ways: Readonly<Record<string, (channel: Channel) => void>> = {
    'cancel()': (channel) => {
      channel.cancel();
    },
    'inbound$.complete()': (channel) => {
      channel.inbound$.complete();
    },
    'destroy()': (channel) => {
      channel.destroy();
    },
    'leaving a loop': (channel) =>
      void (async () => {
        for await (const chunk of channel) {
          expect(chunk.length).toBeGreaterThan(0);
          break;
        }
      })(),
    'reader.cancel()': (channel) => void toWebStream(channel).readable.cancel(),
  };

  it.each(Object.keys(ways).flatMap((way) => ['near', 'far'].map((opener) => [way, opener] as const)))(
    'stop the sender by %s, where %s has opened the channel, and the other half goes on',
    async (way, opener) => {
      const { near, far } = await pair();
      const [one, other] = await (opener === 'near' ? open(near, far) : open(far, near));
      const [sender, receiver] = opener === 'near' ? [one, other] : [other, one];
      const outbound = listen(sender.outbound$.pipe(filter(() => false)));
      const stopped = listen(sender.stopped$);
      feed(sender);
      await turn();
      ways[way]?.(receiver);
      await firstValueFrom(sender.stopped$);
      expect(outbound).toEqual([expect.any(StoppedError)]);
      expect(stopped).toEqual([undefined, 'complete']);
      const text = firstValueFrom(sender.inbound$, { defaultValue: 'ended' });
      receiver.outbound$.next('goes on');
      receiver.outbound$.complete();
      expect(String(await text)).toBe(way === 'destroy()' ? 'ended' : 'goes on');
      await firstValueFrom(receiver.closed$);
      expect([near.openChannels.size, far.openChannels.size]).toEqual([0, 0]);
    },
  );

  it('stop the sender at once where its own half has ended before', async () => {
    const { near, far } = await pair();
    far.channels$.subscribe(feed);
    const removed = firstValueFrom(far.removed$);
    expect(String(await firstValueFrom(near.observe('feed')))).toBe('tick');
    await removed;
  });

  it('stop a sender whose answer is still to come, and one that was given up while opening', async () => {
    const { near, far } = await pair();
    const opened = firstValueFrom(
      far.channels$.pipe(map((channel) => ({ channel, answer: channel.delayHandshake() }))),
    );
    const channel = near.open();
    channel.cancel();
    const { channel: peer, answer } = await opened;
    answer();
    await errorOf(peer.outbound$);
    // …and the other way, where the channel is not answered but its window is known.
    feed(channel);
    peer.cancel();
    await firstValueFrom(channel.stopped$);
  });

  it('stop senders while the connection is going away', async () => {
    const { near, far } = await pair();
    const [channel, peer] = await open(near, far);
    feed(peer);
    void far.close();
    await firstValueFrom(near.goingAway$);
    channel.cancel();
    await errorOf(peer.outbound$);
    channel.outbound$.complete();
    await near.close();
  });

  it('stop more senders at once than a session may have PINGs under way', async () => {
    const { near, far } = await pair();
    const pairs: (readonly [Channel, Channel])[] = [];
    for (let i = 0; i < 30; i += 1) {
      pairs.push(await open(near, far));
    }
    const stopped = Promise.all(pairs.map(([, peer]) => errorOf(peer.outbound$)));
    for (const [channel] of pairs) {
      channel.cancel();
    }
    expect(await stopped).toEqual(pairs.map(() => expect.any(StoppedError) as StoppedError));
  });

  it('say nothing of channels that are over before the peer has answered what was said of others', async () => {
    const { near, far, nearPair } = await pair();
    const said: ((error: Error | null) => void)[] = [];
    const allAtOnce = new Promise<void>((resolve) => {
      for (const session of [nearPair.client, nearPair.server]) {
        jest.spyOn(session, 'ping').mockImplementation((...given: unknown[]) => {
          said.push(given.at(-1) as (error: Error | null) => void);
          if (said.length === 8) {
            resolve();
          }
          return true;
        });
      }
    });
    const pairs: (readonly [Channel, Channel])[] = [];
    for (let i = 0; i < 30; i += 1) {
      pairs.push(await open(near, far));
    }
    for (const [channel] of pairs) {
      channel.cancel();
    }
    await allAtOnce;
    const over = firstValueFrom(near.removed$.pipe(take(30), count()));
    for (const ends of pairs) {
      ends.forEach(({ outbound$ }) => {
        outbound$.complete();
      });
    }
    expect(await over).toBe(30);
    await turn();
    said.forEach((answer) => {
      answer(null);
    });
    expect(said).toHaveLength(8);
  });

  it('give a Duplex what was said before the STOP, though HTTP/2 has that overtake it', async () => {
    const { near, far } = await pair();
    far.channels$.subscribe((channel) => {
      const answering = toDuplex(channel);
      answering.once('data', () => {
        answering.end('too much');
        answering.destroySoon();
      });
    });
    const duplex = toDuplex(near.open());
    const heard: string[] = [];
    duplex.on('data', (chunk) => heard.push(String(chunk)));
    const failed = once(duplex, 'error');
    duplex.end(Buffer.alloc(1_000_000));
    expect((await failed)[0]).toBeInstanceOf(StoppedError);
    expect(heard).toEqual(['too much']);
  });

  it('fail a Duplex that writes, so that a pipe stops', async () => {
    const { near, far } = await pair();
    const [channel, peer] = await open(near, far);
    const duplex = toDuplex(channel);
    const failed = once(duplex, 'error');
    duplex.write(Buffer.alloc(5_000_000));
    peer.cancel();
    expect((await failed)[0]).toMatchObject({ code: 'ERR_RXMUX_STOPPED' });
  });

  const failures: Readonly<Record<string, (channel: Channel, error: Error) => void>> = {
    'destroy()': (channel, error) => {
      channel.destroy(error);
    },
    'outbound$.error()': (channel, error) => {
      channel.outbound$.error(error);
    },
  };

  it.each(Object.keys(failures).flatMap((way) => ['near', 'far'].map((opener) => [way, opener] as const)))(
    'tell the reason that is given to %s, and no other error’s words, where %s has opened the channel',
    async (way, opener) => {
      const { near, far } = await pair();
      for (const [error, reason] of [
        [new ChannelError('QUOTA', 'zu viel für €5 😀'), { code: 'QUOTA', message: 'zu viel für €5 😀' }],
        [new Error('password: 1234'), undefined],
      ] as const) {
        const [one, other] = await (opener === 'near' ? open(near, far) : open(far, near));
        const failed = errorOf(other.inbound$);
        listen(one.closed$);
        failures[way]?.(one, error);
        expect(await failed).toBeInstanceOf(PeerError);
        expect(await failed).toMatchObject({ reason });
        other.destroy();
      }
    },
  );

  it.each<[string, MuxOptions, (far: Mux) => void]>([
    [
      'QUOTA',
      {},
      (far) => {
        far.channels$.subscribe((channel) => {
          channel.reject({ code: 'QUOTA', message: '' });
        });
      },
    ],
    [
      'FULL',
      { maxOpen: 1 },
      (far) => {
        far.channels$.subscribe();
        far.open();
      },
    ],
    ['BACKLOG_FULL', { acceptBacklog: 0 }, () => undefined],
    [
      'GOING_AWAY',
      {},
      (far) => {
        far.open();
        void far.close();
      },
    ],
  ])('tell why a channel is refused: %s', async (code, options, prepare) => {
    const { near, far } = await pair({}, options);
    near.channels$.subscribe();
    prepare(far);
    const refused = near.open();
    const heard = [refused.handshake$, refused.inbound$, refused.outbound$, refused.closed$].map(errorOf);
    refused.outbound$.next(Buffer.alloc(200_000));
    for (const error of await Promise.all(heard)) {
      expect(error).toBeInstanceOf(PeerError);
      expect(error).toMatchObject({ reason: { code }, channelId: refused.id });
    }
    expect(near.openChannels.has(refused.id)).toBe(false);
  });

  it('say nothing more than bpmux where one of them does not know more', async () => {
    for (const [nearKnows, farKnows] of [
      [true, false],
      [false, true],
      [false, false],
    ]) {
      const { near, far, nearPair, farPair } = await connected({ extensions: nearKnows }, undefined, {
        extensions: farKnows,
      });
      const asked = once(farPair.server, 'stream') as Promise<[ServerHttp2Stream, IncomingHttpHeaders]>;
      const request = jest.spyOn(nearPair.client, 'request');
      const opened = firstValueFrom(far.channels$);
      const channel = near.open();
      await turn();
      const answered = once(request.mock.results[0]?.value as ClientHttp2Stream, 'response') as Promise<
        [IncomingHttpHeaders]
      >;
      const peer = await opened;
      expect([(await asked)[1]['rxmux-version'], (await answered)[0]['rxmux-version']]).toEqual([
        nearKnows === true ? '1' : undefined,
        farKnows === true ? '1' : undefined,
      ]);
      const errors = [...listen(near.errors$), ...listen(far.errors$)];
      const pings = [jest.spyOn(nearPair.client, 'ping'), jest.spyOn(farPair.client, 'ping')];
      const goAway = jest.spyOn(farPair.server, 'goaway');
      channel.cancel();
      peer.outbound$.next(Buffer.alloc(500_000)); // discarded, and granted
      const failed = errorOf(peer.inbound$);
      channel.outbound$.error(new ChannelError('NO', 'never'));
      const closing = far.close();
      expect(await failed).toMatchObject({ reason: undefined });
      expect(errors).toEqual([]);
      expect(pings.map(({ mock }) => mock.calls)).toEqual([[], []]);
      expect(goAway).not.toHaveBeenCalled(); // before the end
      peer.outbound$.complete();
      await closing;
    }
  });

  it('take no other PING for a word of theirs, nor one for a stream that is gone', async () => {
    const { near, far, nearPair } = await pair();
    const [channel, peer] = await open(near, far);
    for (const payload of ['notheirs', 'rxm\x01\x00\x00\x01\x01']) {
      await new Promise((resolve) => nearPair.client.ping(Buffer.from(payload, 'latin1'), resolve));
    }
    peer.outbound$.next('not stopped');
    expect(String(await firstValueFrom(channel.inbound$))).toBe('not stopped');
  });

  it('give no word to a stream that nobody has opened by it', async () => {
    const { far, nearPair } = await pair();
    const opened = firstValueFrom(far.channels$);
    const request = nearPair.client.request(ofChannel(7), { endStream: false });
    request.on('error', () => undefined);
    const peer = await opened;
    const sent = jest.spyOn(nearPair.server, 'emit');
    peer.cancel(); // its opener has not said that it knows more
    await far.ping();
    expect(
      sent.mock.calls.filter(([event, payload]) => event === 'ping' && String(payload).startsWith('rxm')),
    ).toEqual([]);
  });
});
