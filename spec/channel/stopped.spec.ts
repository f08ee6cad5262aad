import { concat, finalize, NEVER, of, takeUntil, tap } from 'rxjs';
import type { Channel, Mux } from '../../src/index.js';
import { start } from '../mux/start.js';
import { listen } from '../support/listen.js';
import { type TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened } from './opened.js';

interface Given {
  readonly carrier: TestCarrier;
  readonly mux: Mux;
  readonly channel: Channel;
}

describe('channel.stopped$', () => {
  it.each<[string, (given: Given) => void]>([
    [
      'outbound$ is completed',
      ({ channel }) => {
        channel.outbound$.complete();
      },
    ],
    [
      'outbound$ is given an error',
      ({ channel }) => {
        channel.outbound$.error(new Error('mine'));
      },
    ],
    [
      'the channel is destroyed',
      ({ channel }) => {
        channel.destroy();
      },
    ],
    [
      'it is destroyed with an error',
      ({ channel }) => {
        channel.destroy(new Error('mine'));
      },
    ],
    [
      'the peer breaks the protocol',
      ({ carrier }) => {
        carrier.receive(wire.data(0, 70_000, Buffer.alloc(70_000)));
      },
    ],
    [
      'the carrier takes no more',
      ({ carrier }) => {
        carrier.capacity$.complete();
      },
    ],
    [
      'the carrier ends',
      ({ carrier }) => {
        carrier.inbound$.complete();
      },
    ],
    [
      'the carrier fails',
      ({ carrier }) => {
        carrier.inbound$.error(new Error('cut'));
      },
    ],
    [
      'the mux is destroyed',
      ({ mux }) => {
        mux.destroy(new Error('enough'));
      },
    ],
  ])('emits once and completes, for late subscribers too, where %s', async (_what, happen) => {
    const given = await opened();
    const { mux, channel } = given;
    mux.channels$.subscribe({ error: () => undefined });
    const early = listen(channel.stopped$);
    channel.outbound$.next(Buffer.alloc(1000));
    await turn();
    expect(early).toStrictEqual([]);
    happen(given);
    expect(early).toEqual([undefined, 'complete']);
    expect(listen(channel.stopped$)).toEqual(early);
    channel.destroy();
    mux.destroy();
    expect(early).toHaveLength(2);
  });

  it.each<[string, Buffer[]]>([
    ['END, which is no reason to stop', [wire.handshake(0, 100), wire.end(0)]],
    [
      'ERROR_END after its answer had room: the other half goes on',
      [wire.handshake(0, 100), wire.errorEnd(0)],
    ],
  ])('says nothing at the peer’s %s', async (_what, frames) => {
    const { carrier, mux } = start();
    const channel = mux.open();
    const heard = listen(channel.stopped$);
    await turn();
    carrier.receive(...frames);
    expect(heard).toStrictEqual([]);
    channel.outbound$.next('on');
    await turn();
    expect(carrier.said).toContain('DATA 0 seq=2 "on"');
  });

  it('emits where the peer refuses the channel', async () => {
    const { carrier, mux } = start();
    const channel = mux.open();
    const heard = listen(channel.stopped$);
    await turn();
    carrier.receive(wire.handshake(0, 0), wire.errorEnd(0));
    expect(heard).toEqual([undefined, 'complete']);
  });

  it('emits where this side rejects the channel', () => {
    const { carrier, mux } = start();
    carrier.receive(wire.handshake(0, 100));
    const channel = mux.openChannels.get(0);
    const heard = channel && listen(channel.stopped$);
    channel?.reject();
    expect(heard).toEqual([undefined, 'complete']);
  });

  it('emits for who asks for the first time afterwards', async () => {
    const { channel } = await opened();
    channel.outbound$.complete();
    expect(listen(channel.stopped$)).toEqual([undefined, 'complete']);
  });

  it('ends a source that feeds outbound$, by takeUntil', async () => {
    const { mux, channel } = await opened();
    const ended = jest.fn();
    channel.outbound$.subscribe({ error: () => undefined });
    concat(of('hello'), NEVER)
      .pipe(finalize(ended), takeUntil(channel.stopped$))
      .subscribe((text) => {
        channel.outbound$.next(text);
      });
    await turn();
    expect(ended).not.toHaveBeenCalled();
    mux.destroy();
    expect(ended).toHaveBeenCalledTimes(1);
    const begun = jest.fn();
    NEVER.pipe(tap({ subscribe: begun }), takeUntil(channel.stopped$)).subscribe();
    expect(begun).not.toHaveBeenCalled();
  });

  it('consumes nothing', async () => {
    const { carrier, channel } = await opened();
    channel.stopped$.subscribe();
    carrier.receive(wire.data(0, 100, Buffer.alloc(100)));
    expect(await carrier.hears()).toEqual([]);
    expect(channel.receiveWindow$.value).toBe(65_436);
  });
});
