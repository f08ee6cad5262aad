import { listen } from '../support/listen.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('close()', () => {
    it('lets open channels finish, refuses new ones, and then ends the carrier', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.handshake(0, 10), peer.handshake(1, 0));
      const closing = mux.close();
      expect(mux.close()).toBe(closing);
      carrier.receive(peer.handshake(2, 0), peer.end(1));
      // Both the one that waited for a subscriber and the new one.
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 2 free=0 ""',
        'ERROR_END 2',
        'HANDSHAKE 1 free=0 ""',
        'ERROR_END 1',
      ]);
      channel.outbound$.next('last words');
      channel.outbound$.complete();
      carrier.receive(peer.end(0));
      expect(carrier.isEnded).toBe(false);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=10 "last words"', 'END 0']);
      expect(carrier.isEnded).toBe(true);
      carrier.inbound$.complete();
      await expect(closing).resolves.toBeUndefined();
    });

    it('refuses the channel whose coming has led to it', async () => {
      const { carrier, mux } = start({ maxOpen: 1 });
      mux.full$.subscribe(() => {
        void mux.close();
      });
      carrier.receive(peer.handshake(0, 10), peer.end(0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
      expect(carrier.isEnded).toBe(true);
    });

    it('leaves alone the channel whose coming has led to it where that has been answered', async () => {
      const { carrier, mux } = start({ maxOpen: 1 });
      mux.full$.subscribe(() => {
        mux.openChannels.get(0)?.accept();
        void mux.close();
      });
      const heard = listen(mux.channels$);
      carrier.receive(peer.handshake(0, 10));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
      expect(heard).toStrictEqual([]);
    });

    it('refuses the channel whose handshake data has led to it', async () => {
      const { carrier, mux } = start({
        parseHandshake: () => {
          throw new Error('no handshake');
        },
      });
      mux.errors$.subscribe(() => {
        void mux.close();
      });
      const heard = listen(mux.channels$);
      carrier.receive(peer.handshake(0, 10, 'hi'), peer.end(0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
      expect(carrier.isEnded).toBe(true);
      expect(heard).toStrictEqual([]);
    });

    it('leaves alone a channel that waits for a subscriber and has been answered', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 10), peer.handshake(1, 10));
      mux.openChannels.get(0)?.accept();
      void mux.close();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=65536 ""',
        'HANDSHAKE 1 free=0 ""',
        'ERROR_END 1',
      ]);
    });

    it('ends the carrier at once where no channel is open, and writes nothing more', async () => {
      const { carrier, mux } = start();
      carrier.end = () => {
        carrier.isEnded = true; // and takes its time to finish
      };
      void mux.close();
      expect(carrier.isEnded).toBe(true);
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual([]);
    });

    it('is rejected where the mux fails, without a complaint where nobody waits', async () => {
      const { carrier, mux } = start();
      mux.open();
      const closing = mux.close();
      carrier.inbound$.error('broken');
      await expect(closing).rejects.toBe('broken');
    });

    it('is fulfilled where the mux is destroyed meanwhile', async () => {
      const { mux } = start();
      mux.open();
      const closing = mux.close();
      mux.destroy();
      await expect(closing).resolves.toBeUndefined();
    });
  });
});
