import { map } from 'rxjs';
import {
  CarrierEndedError,
  CarrierFinishedError,
  type ChannelOptions,
  MuxClosedError,
  MuxFullError,
} from '../../src/index.js';
import { listen } from '../support/listen.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('open()', () => {
    it('sends a HANDSHAKE with the data and the receive window', async () => {
      const { carrier, mux } = start();
      mux.open('text');
      mux.open(Uint8Array.of(65, 66), { highWaterMark: 7 });
      mux.open();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=65536 "text"',
        'HANDSHAKE 1 free=7 "AB"',
        'HANDSHAKE 2 free=65536 ""',
      ]);
    });

    it('takes numbers in turn and skips those in use', () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(1, 0));
      expect([
        mux.open().id,
        mux.open().id,
        mux.open('', { channel: 4 }).id,
        mux.open().id,
        mux.open().id,
      ]).toEqual([0, 2, 4, 3, 5]);
    });

    it('takes numbers from 2^31 on with highChannels', () => {
      const { mux } = start({ highChannels: true });
      expect(mux.open().id).toBe(2 ** 31);
      expect(mux.open().id).toBe(2 ** 31 + 1);
    });

    it('returns the channel that is open under the number', () => {
      const { carrier, mux } = start();
      const own = mux.open('', { channel: 7 });
      expect(mux.open('', { channel: 7 })).toBe(own);
      carrier.receive(peer.handshake(8, 0));
      expect(mux.open('', { channel: 8 })).toBe(mux.openChannels.get(8));
      expect(mux.openChannels.get(8)?.openedBy).toBe('peer');
    });

    it('checks what else is given for such a channel, and leaves the channel as it is', () => {
      const { carrier, mux } = start({ peerChannelOptions: { priority: 2 } });
      mux.open('', { channel: 7, priority: 1, weight: 5, label: 'first' });
      carrier.receive(peer.handshake(8, 0));
      const others = { priority: 6, weight: 9, label: 'other' };
      const [own, found] = [7, 8].map((channel) => mux.open('', { channel, ...others }));
      expect([own?.priority, own?.weight, own?.stats().label]).toEqual([1, 5, 'first']);
      expect([found?.priority, found?.weight, found?.stats().label]).toEqual([2, 16, undefined]);
      expect(() => mux.open('', { channel: 7, priority: 8 })).toThrow(RangeError);
    });

    it('answers a channel of the peer that still waits for a subscriber', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(7, 10), peer.handshake(8, 10));
      const channel = mux.open('found', { channel: 7 });
      const offered = listen(mux.channels$.pipe(map(({ id }) => id)));
      channel.outbound$.next('hello');
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 7 free=65536 "found"',
        'DATA 7 seq=5 "hello"',
        'HANDSHAKE 8 free=65536 ""',
      ]);
      expect(offered).toEqual([8]);
    });

    it('throws MuxFullError, and says so on full$, when maxOpen channels are open', () => {
      const { mux } = start({ maxOpen: 2 });
      const full = listen(mux.full$.pipe(map(() => mux.openChannels.size)));
      mux.open();
      expect(full).toEqual([]);
      mux.open();
      expect(full).toEqual([2]);
      expect(() => mux.open()).toThrow(new MuxFullError());
      expect(full).toEqual([2, 2]);
      expect(mux.openChannels.size).toBe(2);
    });

    it('says so on full$ when the peer opens one more, and refuses that', async () => {
      const { carrier, mux } = start({ maxOpen: 1 });
      const full = listen(mux.full$);
      mux.open();
      await carrier.hears();
      carrier.receive(peer.handshake(7, 0));
      expect(full).toStrictEqual([undefined, undefined]);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 7 free=0 ""', 'ERROR_END 7']);
    });

    it('knows no limit with maxOpen 0', () => {
      const { mux } = start({ maxOpen: 0 });
      for (let i = 0; i < 70_000; i += 1) {
        mux.open();
      }
      expect(mux.openChannels.size).toBe(70_000);
    });

    it('throws RangeError for the number of a refused channel that the peer still uses', () => {
      const { carrier, mux } = start({ acceptBacklog: 0 });
      carrier.receive(peer.handshake(0, 0));
      expect(() => mux.open('', { channel: 0 })).toThrow(RangeError);
      expect(mux.open().id).toBe(1);
      carrier.receive(peer.end(0));
      expect(mux.open('', { channel: 0 }).id).toBe(0);
    });

    it.each<[string, () => unknown, ErrorConstructor]>([
      ['a number', () => start().mux.open(5 as unknown as string), TypeError],
      [
        'more data than fits into a frame',
        () => start({ framing: { lengthSize: 1 } }).mux.open('x'.repeat(247)),
        RangeError,
      ],
      ['a bad channel number', () => start().mux.open('', { channel: -1 }), RangeError],
      ['options that are none', () => start().mux.open('', 'no' as ChannelOptions), TypeError],
    ])('throws for %s', (_what, act, kind) => {
      expect(act).toThrow(kind);
    });

    it('throws after the mux was closed, or its carrier has ended or finished', () => {
      const closed = start();
      void closed.mux.close();
      expect(() => closed.mux.open()).toThrow(MuxClosedError);
      expect(() => closed.mux.open()).toThrow('the mux has been closed: no channel can be opened');
      const destroyed = start();
      destroyed.mux.destroy();
      expect(() => destroyed.mux.open()).toThrow(MuxClosedError);
      const finished = start();
      finished.carrier.capacity$.complete();
      expect(() => finished.mux.open()).toThrow(CarrierFinishedError);
      expect(() => finished.mux.open()).toThrow('the carrier takes no more: no channel can be opened');
      const ended = start();
      ended.mux.open();
      ended.carrier.end = () => undefined;
      ended.carrier.inbound$.complete();
      expect(() => ended.mux.open()).toThrow(CarrierEndedError);
      expect(() => ended.mux.open()).toThrow('the carrier has ended: no channel can be opened');
    });
  });
});
