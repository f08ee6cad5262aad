import { firstValueFrom, map } from 'rxjs';
import { ChannelError, Mux, PeerError } from '../../src/index.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

import { opened } from './opened.js';

const toText = (chunk: Buffer): string => chunk.toString();

describe('Channel', () => {
  describe('destroy()', () => {
    it('completes both halves here, and sends END after what was given before', async () => {
      const { carrier, mux, channel } = await opened();
      const [inbound, outbound, closed] = [channel.inbound$, channel.outbound$, channel.closed$].map(
        (subject$) => listen<unknown>(subject$),
      );
      channel.outbound$.next('last');
      channel.destroy();
      expect(inbound).toEqual(['complete']);
      expect(outbound).toEqual(['last', 'complete']);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=4 "last"', 'END 0']);
      expect(closed).toStrictEqual([]);
      carrier.receive(wire.end(0));
      expect(closed).toEqual([undefined, 'complete']);
      expect(mux.openChannels.size).toBe(0);
    });

    it('with an error drops what waits both ways and sends ERROR_END', async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 4, 'wait'));
      const [inbound, outbound, closed] = [channel.inbound$, channel.outbound$, channel.closed$].map(
        (subject$) => listen<unknown>(subject$),
      );
      const error = new Error('broken');
      channel.outbound$.next(Buffer.alloc(1000));
      channel.destroy(error);
      channel.destroy(new Error('again'));
      expect(inbound).toEqual([error]);
      expect(outbound).toEqual([Buffer.alloc(1000), error]);
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
      carrier.receive(wire.end(0));
      expect(closed).toEqual([error]);
    });

    it('with an error keeps to END where everything was sent before it', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.next('all');
      channel.outbound$.complete();
      await turn();
      channel.destroy(new Error('broken'));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=3 "all"', 'END 0']);
    });

    it('with an error sends ERROR_END where END was to follow bytes that are dropped', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.next(Buffer.alloc(101));
      channel.outbound$.complete();
      await turn();
      channel.destroy(new Error('broken'));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>', 'ERROR_END 0']);
    });

    describe('with an error does nothing to halves that have ended, so that closed$ completes', () => {
      it.each([
        ['in the turn in which they were', () => Promise.resolve()],
        ['where END has been sent', turn],
      ])('%s', async (_name, wait) => {
        const { carrier, channel } = await opened();
        const [inbound, outbound, closed] = [channel.inbound$, channel.outbound$, channel.closed$].map(
          (subject$) => listen<unknown>(subject$),
        );
        channel.destroy();
        await wait();
        channel.destroy(new ChannelError('LATE', 'nobody hears this'));
        expect(await carrier.hears()).toEqual(['END 0']);
        carrier.receive(wire.end(0));
        expect([inbound, outbound, closed]).toEqual([['complete'], ['complete'], [undefined, 'complete']]);
      });

      it('but to the inbound half, where that has not', async () => {
        const { carrier, channel } = await opened();
        const [inbound, closed] = [channel.inbound$, channel.closed$].map((subject$) =>
          listen<unknown>(subject$),
        );
        const error = new Error('broken');
        channel.outbound$.complete();
        await turn();
        channel.destroy(error);
        expect(await carrier.hears()).toEqual(['END 0']);
        carrier.receive(wire.end(0));
        expect([inbound, closed]).toEqual([[error], [error]]);
      });
    });

    it('of a channel that has not been answered answers it first', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, PLAIN_WIRE);
      mux.channels$.subscribe((channel) => {
        if (channel.id === 1) {
          channel.delayHandshake();
        }
        channel.destroy();
      });
      carrier.receive(wire.handshake(0, 0), wire.handshake(1, 0));
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=65536 ""',
        'END 0',
        'HANDSHAKE 1 free=65536 ""',
        'END 1',
      ]);
    });

    it('drops bytes that still wait in a channel that is gone', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.complete();
      carrier.receive(wire.data(0, 4, 'wait'), wire.end(0));
      await turn();
      const error = new Error('not any more');
      channel.destroy(error);
      expect(listen(channel.inbound$)).toEqual([error]);
      expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
    });

    it('leaves windows that say at once that they will not change', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.complete();
      carrier.receive(wire.end(0));
      await turn();
      expect(listen(channel.sendWindow$)).toEqual(['complete']);
      expect(listen(channel.receiveWindow$)).toEqual(['complete']);
      expect(channel.sendWindow$.value).toBe(100);
    });

    it('does nothing to a channel that is gone', async () => {
      const { carrier, mux, channel } = await opened();
      channel.outbound$.complete();
      carrier.receive(wire.end(0));
      await carrier.hears();
      channel.destroy(new Error('late'));
      channel.cancel();
      expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
      expect(await carrier.hears()).toEqual([]);
      expect(mux.openChannels.size).toBe(0);
    });
  });

  describe('between two muxes', () => {
    it('takes an end that comes before the handshake for what it is', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, PLAIN_WIRE);
      const own = mux.open();
      carrier.receive(wire.end(0), wire.errorEnd(7), wire.handshake(0, 0), wire.handshake(7, 0));
      expect(listen(own.inbound$)).toEqual(['complete']);
      const peers = mux.openChannels.get(7);
      expect(peers && listen(peers.inbound$)).toEqual([expect.any(PeerError)]);
      own.outbound$.complete();
      await turn();
      expect([...mux.openChannels.keys()]).toEqual([7]);
    });

    it('half-closes either way and is removed when both have ended', async () => {
      const { local, peer } = connected();
      const accepted = firstValueFrom(peer.channels$);
      const channel = local.open();
      const answer = listen(channel.inbound$.pipe(map(toText)));
      channel.outbound$.next('question');
      channel.outbound$.complete();
      const far = await accepted;
      far.inbound$.subscribe({
        complete: () => {
          far.outbound$.next('answer');
          far.outbound$.complete();
        },
      });
      await firstValueFrom(channel.closed$);
      expect(answer).toEqual(['answer', 'complete']);
      expect([local.openChannels.size, peer.openChannels.size]).toEqual([0, 0]);
      await Promise.all([local.close(), peer.close()]);
    });
  });
});
