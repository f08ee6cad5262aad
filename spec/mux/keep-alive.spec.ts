import { filter, firstValueFrom, skip, VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { KeepAliveTimeoutError, Mux, type MuxOptions } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { listen } from '../support/listen.js';
import { start } from './start.js';

/** A mux in virtual time. */
function started(options?: MuxOptions) {
  const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
  const { carrier, mux } = start({ scheduler, ...options });
  const passes = (ms: number): void => {
    scheduler.maxFrames += ms;
    scheduler.flush();
    scheduler.frame = scheduler.maxFrames;
  };
  return { scheduler, carrier, mux, passes };
}

describe('keep-alives', () => {
  it('are said every so often, whatever else is said', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    passes(9);
    mux.open();
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
    passes(1);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    mux.destroy();
  });

  it('go ahead of what channels have to say', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    mux.open();
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE', 'HANDSHAKE 0 free=65536 ""']);
    mux.destroy();
  });

  it('are left out while the carrier is full, and not made up for', async () => {
    const { carrier, mux, passes } = started({ keepAlive: 10 });
    carrier.capacity$.next(0);
    passes(50);
    carrier.capacity$.next(100);
    expect(await carrier.hears()).toEqual([]);
    passes(10);
    expect(await carrier.hears()).toEqual(['KEEP_ALIVE']);
    mux.destroy();
  });

  it.each<[string, (given: ReturnType<typeof started>) => void]>([
    [
      'the mux is destroyed',
      ({ mux }) => {
        mux.destroy();
      },
    ],
    ['the mux has ended its carrier', ({ mux }) => void mux.close()],
    [
      'the carrier takes no more',
      ({ carrier }) => {
        carrier.capacity$.complete();
      },
    ],
    [
      'the carrier fails',
      ({ carrier }) => {
        carrier.inbound$.error(new Error('cut'));
      },
    ],
  ])('stop, timer and all, where %s', async (_what, happen) => {
    const given = started({ keepAlive: 10 });
    given.mux.channels$.subscribe({ error: () => undefined });
    given.passes(10);
    await turn();
    happen(given);
    await turn();
    expect(given.scheduler.actions).toEqual([]);
    expect(await given.carrier.hears()).toEqual(['KEEP_ALIVE']);
  });

  it('of the peer are seen on keepAlive$', () => {
    const { carrier, mux } = started({ keepAlive: false });
    const seen = listen(mux.keepAlive$);
    carrier.receive(peer.keepAlive(), peer.keepAlive());
    mux.destroy();
    expect(seen).toEqual([undefined, undefined, 'complete']);
  });
});

describe('keepAliveTimeout', () => {
  /** What becomes in a second of a mux whose peer says nothing by itself, `delay` ms away. */
  function expectWithSilentPeer(diagram: string, near: MuxOptions, far: MuxOptions, delay = 0): void {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ cold, expectObservable }) => {
      const pair = muxPair({ delay, near: { keepAliveTimeout: 100, ...near }, far });
      cold('1s x').subscribe(() => {
        pair.near.destroy();
      });
      expectObservable(pair.near.channels$).toBe(diagram, undefined, new KeepAliveTimeoutError(100));
    });
  }

  it('does not cut a peer that is there and silent, since that is asked', () => {
    expectWithSilentPeer('1s |', {}, {});
  });

  it('leaves the answer half of its time', () => {
    expectWithSilentPeer('1s |', {}, {}, 24);
  });

  it.each<[string, MuxOptions, MuxOptions]>([
    ['the peer', {}, { extensions: false }],
    ['this side', { extensions: false }, {}],
  ])('cuts a silent peer where %s knows no more than bpmux', (_, near, far) => {
    expectWithSilentPeer('100ms #', near, far);
  });

  it('asks a peer that has been silent for a quarter of it, and no other', async () => {
    const { carrier, mux, passes } = started({ keepAliveTimeout: 38, extensions: true });
    mux.channels$.subscribe({ error: () => undefined });
    carrier.receive(peer.hello(100));
    expect(await carrier.hears()).toEqual(['HELLO version=1 window=2048']);
    passes(10);
    expect(await carrier.hears()).toEqual([]); // HELLO has come meanwhile
    passes(9);
    carrier.receive(peer.keepAlive());
    passes(1);
    expect(await carrier.hears()).toEqual([]);
    passes(10);
    expect(await carrier.hears()).toEqual(['PING 0']);
    passes(10);
    expect(await carrier.hears()).toEqual(['PING 1']);
    carrier.receive(peer.pong(1));
    passes(10);
    expect(await carrier.hears()).toEqual([]);
    passes(27);
    expect(carrier.destroyedWith).toBeUndefined();
    passes(1); // 38 after the PONG
    expect(carrier.destroyedWith?.error).toEqual(new KeepAliveTimeoutError(38));
  });

  it('does not cut a peer that has nothing to say while bytes that wait leave for it, and cuts it then', () => {
    new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    }).run(({ expectObservable }) => {
      const { near, far } = muxPair({
        rate: 50_000,
        buffer: 262_144,
        near: { keepAliveTimeout: 2000 },
        far: { extensions: false, peerChannelOptions: { highWaterMark: 1_000_000 } },
      });
      far.channels$.subscribe({ error: () => undefined }); // nobody reads: there is nothing to grant
      near.open().outbound$.next(Buffer.alloc(500_000));
      const cut = new KeepAliveTimeoutError(2000);
      // All has left after 10 s, which is seen at the end of a period of 500 ms.
      expectObservable(near.channels$).toBe('12500ms #', undefined, cut);
    });
  });

  it('cuts a peer where bytes wait, and none of them leave', () => {
    const { scheduler, carrier, mux, passes } = started({ keepAliveTimeout: 100 });
    mux.channels$.subscribe({ error: () => undefined });
    scheduler.schedule(() => {
      carrier.capacity$.next(1000);
    }, 10);
    passes(99);
    expect(carrier.destroyedWith).toBeUndefined();
    passes(1);
    expect(carrier.destroyedWith?.error).toEqual(new KeepAliveTimeoutError(100));
  });

  it('holds in real time', async () => {
    const [near, far] = [new TestCarrier(), new TestCarrier()];
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.written$.subscribe(() => {
        to.receive(...(from.writes.at(-1) ?? []).map((chunk) => Buffer.from(chunk)));
      });
    }
    const timeout = 1000;
    const mux = new Mux(near, { keepAlive: false, keepAliveTimeout: timeout });
    const silent = new Mux(far, { keepAlive: false });
    const began = performance.now();
    const isPong = (messages: string[]): boolean => messages.some((message) => message.startsWith('PONG'));
    await firstValueFrom(far.written$.pipe(filter(isPong), skip(9)));
    expect(performance.now() - began).toBeGreaterThan(2 * timeout);
    expect(await mux.ping()).toBeGreaterThanOrEqual(0);
    mux.destroy();
    silent.destroy();
  });
});
