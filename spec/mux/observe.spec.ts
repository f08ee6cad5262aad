import { config, firstValueFrom, map, type Observable, Subject, switchMap } from 'rxjs';
import {
  CarrierEndedError,
  type ChannelOptions,
  type Mux,
  MuxClosedError,
  MuxFullError,
  PeerError,
} from '../../src/index.js';
import { listen } from '../support/listen.js';
import { type TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

function asText(bytes$: Observable<Buffer>): Observable<string> {
  return bytes$.pipe(map((chunk) => chunk.toString()));
}

describe('mux.observe()', () => {
  it('opens nothing before somebody subscribes', async () => {
    const { carrier, mux } = start();
    void mux.observe('prices');
    expect(await carrier.hears()).toEqual([]);
    expect(mux.openChannels.size).toBe(0);
  });

  it('opens a channel for each subscription, and ends this side’s half at once', async () => {
    const { carrier, mux } = start();
    const bytes$ = mux.observe('prices', { highWaterMark: 7 });
    bytes$.subscribe();
    bytes$.subscribe();
    expect(await carrier.hears()).toEqual([
      'HANDSHAKE 0 free=7 "prices"',
      'END 0',
      'HANDSHAKE 1 free=7 "prices"',
      'END 1',
    ]);
  });

  it('emits what the peer sends, and completes at its END', async () => {
    const { carrier, mux } = start();
    const [one, two] = [listen(asText(mux.observe())), listen(asText(mux.observe()))];
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 2, 'hi'), peer.handshake(1, 0), peer.data(1, 2, 'ho'));
    carrier.receive(peer.data(0, 5, '...'), peer.end(0));
    expect(one).toEqual(['hi', '...', 'complete']);
    expect(two).toEqual(['ho']);
    expect([...mux.openChannels.keys()]).toEqual([1]);
  });

  it('counts a chunk as consumed when next has returned', async () => {
    const { carrier, mux } = start();
    const granted: string[][] = [];
    mux.observe('', { highWaterMark: 4 }).subscribe(() => {
      granted.push(carrier.said.splice(0));
    });
    await carrier.hears();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 4, 'word'));
    expect(granted).toEqual([[]]);
    expect(await carrier.hears()).toEqual(['FINISHED_STATUS 0 free=4 seq=4']);
  });

  it('errors with PeerError at the peer’s ERROR_END, after all earlier bytes', async () => {
    const { carrier, mux } = start();
    const heard = listen(asText(mux.observe()));
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 4, 'last'), peer.errorEnd(0));
    expect(heard).toEqual(['last', new PeerError({ channelId: 0 })]);
    expect(mux.openChannels.size).toBe(0);
  });

  it('errors with PeerError where the peer refuses', async () => {
    const { carrier, mux } = start();
    const heard = listen(mux.observe());
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.errorEnd(0));
    expect(heard).toEqual([new PeerError({ channelId: 0 })]);
  });

  it.each<[string, (given: { carrier: TestCarrier; mux: Mux }) => void, unknown]>([
    [
      'the mux is destroyed',
      ({ mux }) => {
        mux.destroy();
      },
      expect.any(MuxClosedError),
    ],
    [
      'the carrier ends',
      ({ carrier }) => {
        carrier.inbound$.complete();
      },
      expect.any(CarrierEndedError),
    ],
    [
      'the carrier fails',
      ({ carrier }) => {
        carrier.inbound$.error('cut');
      },
      expect.any(CarrierEndedError),
    ],
  ])('errors where %s', async (_what, happen, expected) => {
    const started = start();
    started.mux.channels$.subscribe({ error: () => undefined });
    const heard = listen(started.mux.observe());
    await turn();
    happen(started);
    expect(heard).toEqual([expected]);
  });

  it('destroys the channel of who unsubscribes: what still comes is dropped, and granted so that the peer can finish', async () => {
    const { carrier, mux } = start();
    const heard: string[] = [];
    const [mine, other] = ['a', 'b'].map((name) =>
      asText(mux.observe(name, { highWaterMark: 4 })).subscribe((text) => heard.push(name + text)),
    );
    const [channel] = mux.openChannels.values();
    await carrier.hears();
    carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
    mine?.unsubscribe();
    expect(channel && listen(channel.inbound$)).toEqual(['complete']);
    carrier.receive(peer.data(0, 4, 'late'), peer.data(1, 2, 'on'));
    expect(await carrier.hears()).toEqual([
      'FINISHED_STATUS 0 free=4 seq=4',
      'FINISHED_STATUS 1 free=4 seq=2',
    ]);
    expect(heard).toEqual(['bon']);
    carrier.receive(peer.end(0));
    expect([...mux.openChannels.keys()]).toEqual([1]);
    other?.unsubscribe();
  });

  it('can be unsubscribed from within next', async () => {
    const { carrier, mux } = start();
    const first = firstValueFrom(asText(mux.observe()));
    await turn();
    carrier.receive(peer.handshake(0, 0), peer.data(0, 1, 'a'), peer.data(0, 2, 'b'), peer.end(0));
    expect(await first).toBe('a');
    expect(mux.openChannels.size).toBe(0);
  });

  it('can be unsubscribed from before the peer has answered', async () => {
    const { carrier, mux } = start();
    mux.observe().subscribe().unsubscribe();
    expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'END 0']);
    carrier.receive(peer.handshake(0, 0), peer.data(0, 4, 'late'), peer.end(0));
    expect(mux.openChannels.size).toBe(0);
  });

  it('gives what open() throws to the subscriber', () => {
    const { mux } = start({ maxOpen: 1 });
    const bad$ = mux.observe('', { highWaterMark: 0 });
    const none$ = mux.observe('', 'no' as ChannelOptions);
    const tooMany$ = mux.observe();
    mux.open();
    expect(listen(bad$)).toEqual([expect.any(RangeError)]);
    expect(listen(none$)).toEqual([expect.any(TypeError)]);
    expect(listen(tooMany$)).toEqual([new MuxFullError()]);
    mux.destroy();
    expect(listen(tooMany$)).toEqual([expect.any(MuxClosedError)]);
  });

  it('with the same number again takes part in the channel that is open', async () => {
    const { carrier, mux } = start();
    const bytes$ = asText(mux.observe('', { channel: 5 }));
    const [one, two] = [listen(bytes$), listen(bytes$)];
    expect(await carrier.hears()).toEqual(['HANDSHAKE 5 free=65536 ""', 'END 5']);
    carrier.receive(peer.handshake(5, 0), peer.data(5, 1, 'a'), peer.end(5));
    expect([one, two]).toEqual([
      ['a', 'complete'],
      ['a', 'complete'],
    ]);
  });

  it('leaves no channel behind that switchMap has left, once the peer ends it', async () => {
    const { carrier, mux } = start();
    const symbol$ = new Subject<string>();
    const heard: string[] = [];
    const feed = symbol$
      .pipe(switchMap((symbol) => asText(mux.observe(symbol))))
      .subscribe((text) => heard.push(text));
    for (let id = 0; id < 50; id += 1) {
      symbol$.next(`symbol ${id}`);
      await turn();
      carrier.receive(peer.handshake(id, 0), peer.data(id, 2, String(10 + id)));
      if (id > 0) {
        carrier.receive(peer.data(id - 1, 3, 'x'), peer.end(id - 1)); // it may have been under way
      }
      expect([...mux.openChannels.keys()]).toEqual([id]);
    }
    feed.unsubscribe();
    carrier.receive(peer.end(49));
    expect(mux.openChannels.size).toBe(0);
    expect(heard).toEqual(Array.from({ length: 50 }, (_, id) => String(10 + id)));
    expect(carrier.said.filter((said) => said.startsWith('HANDSHAKE'))).toHaveLength(50);
  });

  it('tells who has left nothing, which RxJS would hear of', async () => {
    const late: unknown[] = [];
    config.onStoppedNotification = (notification) => late.push(notification);
    start().mux.observe().subscribe().unsubscribe();
    await new Promise((resolve) => setTimeout(resolve));
    config.onStoppedNotification = null;
    expect(late).toStrictEqual([]);
  });
});
