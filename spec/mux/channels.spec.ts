import { firstValueFrom, map } from 'rxjs';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('channels$', () => {
    it('emits what the peer opens, and answers when the subscribers have returned', async () => {
      const { carrier, mux } = start();
      const seen: string[] = [];
      mux.channels$.subscribe((channel) => {
        seen.push(`${channel.id} ${channel.openedBy} ${String(channel.handshake)}`);
        expect(carrier.said).toEqual([]);
      });
      carrier.receive(peer.handshake(3, 10, 'hello'));
      expect(seen).toEqual(['3 peer hello']);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 3 free=65536 ""']);
    });

    it('keeps channels for the first subscriber, unanswered, and refuses those that are too many', async () => {
      const { carrier, mux } = start({ acceptBacklog: 2 });
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0), peer.handshake(2, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 2 free=0 ""', 'ERROR_END 2']);
      const first = listen(mux.channels$.pipe(map(({ id }) => id)));
      const second = listen(mux.channels$.pipe(map(({ id }) => id)));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'HANDSHAKE 1 free=65536 ""']);
      expect(first).toEqual([0, 1]);
      expect(second).toEqual([0, 1]);
    });

    it('pauses when the last subscriber has gone, and goes on with the next', async () => {
      const { carrier, mux } = start();
      const first = firstValueFrom(mux.channels$);
      carrier.receive(peer.handshake(0, 0), peer.handshake(1, 0));
      expect((await first).id).toBe(0);
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""']);
      expect((await firstValueFrom(mux.channels$)).id).toBe(1);
    });

    it('keeps the order where a subscriber comes while channels wait', async () => {
      const { carrier, mux } = start();
      carrier.receive(peer.handshake(0, 0));
      const seen = listen(mux.channels$.pipe(map(({ id }) => id)));
      carrier.receive(peer.handshake(1, 0));
      await turn();
      expect(seen).toEqual([0, 1]);
    });

    it('completes when the carrier has ended', () => {
      const { carrier, mux } = start();
      const seen = listen(mux.channels$);
      carrier.inbound$.complete();
      expect(seen).toEqual(['complete']);
    });

    it("errors with the carrier's error", () => {
      const { carrier, mux } = start();
      const seen = listen(mux.channels$);
      const error = new Error('cable cut');
      carrier.inbound$.error(error);
      expect(seen).toEqual([error]);
      expect(carrier.destroyedWith).toEqual({ error });
    });
  });
});
