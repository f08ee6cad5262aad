import { filter, firstValueFrom, map, repeat, takeUntil } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import {
  type Channel,
  ChannelError,
  HeaderTooBigError,
  Mux,
  type MuxOptions,
  PeerError,
  StoppedError,
  toDuplex,
  toWebStream,
} from '../../src/index.js';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { muxPair } from '../../src/testing.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';

async function open(local: Mux, peer: Mux): Promise<readonly [Channel, Channel]> {
  const far = firstValueFrom(peer.channels$);
  const near = local.open();
  return [near, await far];
}

/** Ticks in each turn of the event loop. */
const ticking$ = nextTurn$.pipe(repeat());

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) {
    await turn();
  }
};

describe('two muxes that know more than bpmux', () => {
  it('say so first of all, and learn of each other', async () => {
    const { local, peer } = connected({}, { peerChannelOptions: { highWaterMark: 100 } });
    expect(local.peer$.value).toBeUndefined();
    await settled();
    expect(local.peer$.value).toEqual({ version: 1, window: 100 });
    expect(peer.peer$.value).toEqual({ version: 1, window: 2048 });
    const heard = listen(local.peer$);
    local.destroy();
    expect(heard.at(-1)).toBe('complete');
  });

  it('answer pings', async () => {
    const { local, peer } = connected();
    const early = local.ping(); // before it is known who the peer is
    await settled();
    expect(await early).toBeGreaterThanOrEqual(0);
    const times = await Promise.all([peer.ping(), peer.ping(), local.ping()]);
    expect(times.every((time) => time >= 0 && time < 60_000)).toBe(true);
    const error = new Error('gone');
    const unanswered = local.ping();
    local.destroy(error);
    await expect(unanswered).rejects.toBe(error);
    await expect(local.ping()).rejects.toBe(error);
  });

  it('tell that no more channels are accepted also where none is open, before they end the carrier', async () => {
    const { local, peer } = connected();
    await settled();
    const heard: string[] = [];
    local.goingAway$.subscribe(() => heard.push('going away'));
    local.ended$.subscribe(() => heard.push('ended'));
    const closing = peer.close();
    await settled();
    expect(heard).toEqual(['going away', 'ended']);
    await Promise.all([closing, local.close()]);
  });

  it('tell that no more channels are accepted', async () => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    const heard = listen(local.goingAway$);
    const closing = peer.close();
    await settled();
    expect(heard).toEqual([undefined, 'complete']);
    expect(listen(local.goingAway$)).toEqual(heard);
    expect(() => local.open()).toThrow(/the peer accepts no more channels/);
    far.outbound$.complete();
    near.outbound$.complete(); // those that are open go on
    await local.close();
    await closing;
  });

  it.each<[string, (far: Channel) => void]>([
    [
      'cancel()',
      (far) => {
        far.cancel();
      },
    ],
    [
      'inbound$.complete()',
      (far) => {
        far.inbound$.complete();
      },
    ],
    [
      'destroy()',
      (far) => {
        far.destroy();
      },
    ],
    [
      'leaving a loop',
      (far) =>
        void (async () => {
          for await (const chunk of far) {
            expect(chunk.length).toBeGreaterThan(0);
            break;
          }
        })(),
    ],
    ['reader.cancel()', (far) => void toWebStream(far).readable.cancel()],
  ])('stop the sender by %s', async (_how, giveUp) => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    const outbound = listen(near.outbound$.pipe(filter(() => false)));
    const stopped = listen(near.stopped$);
    let ticks = 0;
    ticking$
      .pipe(
        map(() => String((ticks += 1))),
        takeUntil(near.stopped$),
      )
      .subscribe(near.outbound$);
    await settled();
    giveUp(far);
    await settled();
    expect(outbound).toEqual([expect.any(StoppedError)]);
    expect(stopped).toEqual([undefined, 'complete']);
    const before = ticks;
    await settled();
    expect(ticks).toBe(before);
    far.outbound$.complete();
    await settled();
    expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
    expect(listen(far.closed$)).toEqual([undefined, 'complete']); // it is what this side asked for
    local.destroy();
  });

  it('leave no channel and no traffic behind where an observer unsubscribes', async () => {
    const { local, peer } = connected();
    peer.channels$.subscribe(({ outbound$, stopped$ }) => {
      ticking$
        .pipe(
          map(() => 'tick'),
          takeUntil(stopped$),
        )
        .subscribe(outbound$);
    });
    expect(await firstValueFrom(local.observe('feed'))).toBeInstanceOf(Buffer);
    await settled();
    expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
    local.destroy();
  });

  it('drop what waits where the peer stops it, and keep an end that has been said', async () => {
    const { local, peer } = connected(
      {},
      { peerChannelOptions: { highWaterMark: 10, maxHighWaterMark: 10 } },
    );
    const [near, far] = await open(local, peer);
    near.outbound$.next(Buffer.alloc(100_000));
    near.outbound$.complete();
    await settled();
    expect(near.bufferedAmount).toBeGreaterThan(0);
    far.cancel();
    await settled();
    expect(near.bufferedAmount).toBe(0);
    const [ended, other] = await open(local, peer);
    ended.outbound$.complete();
    await settled();
    other.cancel();
    other.outbound$.complete();
    await settled();
    expect(listen(ended.closed$)).toEqual([undefined, 'complete']);
    local.destroy();
  });

  it('fail a Duplex that writes, so that a pipe stops', async () => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    const duplex = toDuplex(near);
    const failed = new Promise((resolve) => duplex.on('error', resolve));
    duplex.write(Buffer.alloc(1_000_000));
    far.cancel();
    expect(await failed).toMatchObject({ code: 'ERR_RXMUX_STOPPED' });
    local.destroy();
  });

  it.each<[string, (far: Channel) => void]>([
    [
      'destroy()',
      (far) => {
        far.destroy(new ChannelError('QUOTA', 'too much'));
      },
    ],
    [
      'outbound$.error()',
      (far) => {
        far.outbound$.error(new ChannelError('QUOTA', 'too much'));
      },
    ],
  ])('tell the reason that is given to %s', async (_how, fail) => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    far.outbound$.subscribe({ error: () => undefined });
    far.inbound$.subscribe({ error: () => undefined });
    const failed = new Promise<PeerError>((resolve) => {
      near.inbound$.subscribe({ error: resolve });
    });
    fail(far);
    expect((await failed).reason).toEqual({ code: 'QUOTA', message: 'too much' });
    local.destroy();
  });

  it.each<[string, (far: Channel) => void, string]>([
    [
      'after an error of another kind',
      (far) => {
        far.outbound$.error(new Error('first'));
        far.destroy(new ChannelError('QUOTA', ''));
      },
      'QUOTA',
    ],
    [
      'after another one: the first',
      (far) => {
        far.outbound$.error(new ChannelError('FIRST', ''));
        far.destroy(new ChannelError('QUOTA', ''));
      },
      'FIRST',
    ],
  ])('tell the reason that is given %s', async (_when, fail, code) => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    for (const { inbound$, outbound$ } of [near, far]) {
      outbound$.subscribe({ error: () => undefined });
      inbound$.subscribe({ error: () => undefined });
    }
    const stopped = listen(near.outbound$);
    fail(far);
    await settled();
    expect(stopped).toEqual([expect.any(StoppedError)]);
    expect(stopped[0]).toMatchObject({ reason: { code } });
    expect(listen(near.inbound$)[0]).toMatchObject({ reason: { code } });
    local.destroy();
  });

  it('tell the reason that is given after the other side has failed', async () => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    for (const { inbound$, outbound$ } of [near, far]) {
      outbound$.subscribe({ error: () => undefined });
      inbound$.subscribe({ error: () => undefined });
    }
    near.outbound$.error(new Error('of the other side'));
    await settled();
    far.outbound$.error(new ChannelError('QUOTA', ''));
    await settled();
    expect(listen(near.inbound$)[0]).toMatchObject({ reason: { code: 'QUOTA' } });
    local.destroy();
  });

  it('tell no other error’s words', async () => {
    const { local, peer } = connected();
    const [near, far] = await open(local, peer);
    far.closed$.subscribe({ error: () => undefined });
    const failed = new Promise<PeerError>((resolve) => {
      near.inbound$.subscribe({ error: resolve });
    });
    far.destroy(new Error('password: 1234'));
    const error = await failed;
    expect([error.reason, error.message]).toEqual([undefined, 'peer error']);
    local.destroy();
  });

  it.each<[string, MuxOptions, (peer: Mux) => void]>([
    [
      'QUOTA',
      {},
      (peer) => {
        peer.channels$.subscribe((channel) => {
          channel.reject({ code: 'QUOTA', message: '' });
        });
      },
    ],
    [
      'FULL',
      { maxOpen: 1 },
      (peer) => {
        peer.channels$.subscribe();
        peer.open();
      },
    ],
    ['BACKLOG_FULL', { acceptBacklog: 0 }, () => undefined],
    [
      'GOING_AWAY',
      {},
      (peer) => {
        peer.open();
        void peer.close();
      },
    ],
  ])('tell why a channel is refused: %s', async (code, options, prepare) => {
    const { local, peer } = connected({ highChannels: true }, options);
    local.channels$.subscribe();
    prepare(peer);
    const refused = local.open();
    const heard = [refused.handshake$, refused.inbound$, refused.outbound$].map((observable$) =>
      listen(observable$ as unknown as Channel['closed$']),
    );
    refused.outbound$.next('early');
    await settled();
    for (const one of heard) {
      expect(one.at(-1)).toBeInstanceOf(PeerError);
      expect(one.at(-1)).toMatchObject({ reason: { code }, channelId: refused.id });
    }
    expect(local.openChannels.has(refused.id)).toBe(false);
    local.destroy();
  });

  it('have a channel refused late, with the reason and without a handshake, whatever has been done to it', async () => {
    for (const act of ['nothing', 'cancel', 'complete', 'destroy', 'send'] as const) {
      const { local, peer } = connected();
      const code = 'UNAUTHORIZED';
      const rejected = new Promise<void>((resolve) => {
        peer.channels$.subscribe((channel) => {
          channel.delayHandshake();
          setImmediate(() => {
            channel.reject({ code, message: act });
            resolve();
          });
        });
      });
      const login = local.open('guess');
      const heard = listen(login.handshake$ as unknown as Channel['closed$']);
      switch (act) {
        case 'complete':
          login.outbound$.complete();
          break;
        case 'send':
          login.outbound$.next(Buffer.alloc(100_000)); // more than there is credit for
          break;
        case 'nothing':
          break;
        default:
          login[act]();
      }
      await rejected;
      await settled();
      expect(heard).toEqual([expect.any(PeerError)]);
      expect(heard[0]).toMatchObject({ reason: { code, message: act } });
      expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
      local.destroy();
    }
  });

  it.each<[string, (far: Channel) => void]>([
    [
      'refused',
      (far) => {
        far.reject({ code: 'NO', message: 'never '.repeat(100) });
      },
    ],
    [
      'stopped',
      (far) => {
        far.destroy(new ChannelError('NO', 'never '.repeat(100)));
      },
    ],
  ])('have a channel %s by a reason that is longer than a header may be', async (_how, end) => {
    const { local, peer } = connected({ maxHeaderSize: 9 });
    const faults = listen(local.errors$);
    await peer.ping();
    peer.channels$.subscribe(end);
    const near = local.open();
    const stopped = firstValueFrom(near.stopped$);
    near.outbound$.next('bytes');
    const removed = firstValueFrom(local.removed$);
    await stopped;
    expect(await removed).toBe(near);
    expect(listen(near.inbound$)).toEqual([new PeerError({ channelId: near.id })]);
    expect(faults).toContainEqual(expect.any(HeaderTooBigError));
    await Promise.all([local.close(), peer.close()]);
  });

  it('take one round trip to open, ask and answer', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ cold, expectObservable }) => {
      const { near, far } = muxPair({ delay: 50 });
      far.channels$.subscribe(({ inbound$, outbound$ }) => {
        inbound$.pipe(map((chunk) => `${chunk.toString()}!`)).subscribe(outbound$);
      });
      const asked$ = cold('200ms a').pipe(map(() => near.open()));
      const answers: unknown[] = [];
      asked$.subscribe((channel) => {
        channel.outbound$.next('hello');
        channel.inbound$.subscribe((chunk) => answers.push(chunk.toString()));
      });
      expectObservable(cold('299ms a').pipe(map(() => answers.length))).toBe('299ms a', { a: 0 });
      expectObservable(cold('301ms a').pipe(map(() => answers))).toBe('301ms a', { a: ['hello!'] });
    });
  });

  it('carry much more than what was promised, with the opening and after it', async () => {
    const { local, peer } = connected();
    await settled();
    peer.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
    const channel = local.open('data');
    const sent = Buffer.alloc(500_000, 'abc');
    channel.outbound$.next(sent);
    channel.outbound$.complete();
    const chunks: Buffer[] = [];
    await new Promise<void>((resolve) => {
      channel.inbound$.subscribe({ next: (chunk) => chunks.push(chunk), complete: resolve });
    });
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
    local.destroy();
  });
});

describe('a mux beside one that knows no more than bpmux', () => {
  it('says nothing but HELLO more', async () => {
    const carrier = new TestCarrier();
    const mux = new Mux(carrier, { keepAlive: false, highChannels: false });
    mux.open();
    await turn();
    expect(carrier.said).toEqual(['HELLO version=1 window=2048', 'HANDSHAKE 0 free=65536 ""']);
    expect(Buffer.concat(carrier.writes.flat()).subarray(4, 11)).toEqual(Buffer.from([7, 0, 1, 0, 0, 8, 0]));
    mux.destroy();
  });

  it('has no ping, and works', async () => {
    const { local, peer } = connected({}, { extensions: false });
    const ping = local.ping();
    ping.catch(() => undefined);
    const [near, far] = await open(local, peer);
    await expect(ping).rejects.toMatchObject({ code: 'ERR_RXMUX_NO_PING' });
    await expect(local.ping()).rejects.toMatchObject({ code: 'ERR_RXMUX_NO_PING' });
    expect(local.peer$.value).toBeUndefined();
    far.inbound$.subscribe(far.outbound$);
    near.outbound$.next('there');
    expect(String(await firstValueFrom(near.inbound$))).toBe('there');
    near.cancel();
    near.outbound$.complete();
    await settled();
    expect(local.openChannels.size).toBe(0);
    local.destroy();
  });
});
