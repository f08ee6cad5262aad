import { runInNewContext } from 'node:vm';
import { map } from 'rxjs';
import { Mux, MuxClosedError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

describe('Mux', () => {
  describe('destroy()', () => {
    it('fails every channel with MuxClosedError and destroys the carrier', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.handshake(0, 0), peer.data(0, 2, 'hi'));
      const channels = listen(mux.channels$);
      mux.destroy();
      mux.destroy(new Error('too late'));
      expect(carrier.destroyedWith).toEqual({ error: undefined });
      expect(listen(channel.inbound$)).toEqual([new MuxClosedError()]);
      expect(listen(channel.closed$)).toEqual([new MuxClosedError()]);
      expect(channels).toEqual(['complete']);
      expect(mux.openChannels.size).toBe(0);
      channel.outbound$.next('into the void');
      channel.destroy();
      expect(await carrier.hears()).toEqual([]);
    });

    it('fails them with the error that it is given', () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      const channels = listen(mux.channels$);
      const error = new Error('enough');
      mux.destroy(error);
      expect(listen(channel.closed$)).toEqual([error]);
      expect(channels).toEqual([error]);
      expect(carrier.destroyedWith).toEqual({ error });
      const other = start();
      other.mux.destroy('not an Error');
      expect(other.carrier.destroyedWith).toEqual({ error: undefined });
    });

    it('gives the carrier an error of another realm, too', () => {
      const { carrier, mux } = start();
      const error = runInNewContext('new TypeError("enough")') as Error;
      expect(error).not.toBeInstanceOf(Error);
      mux.destroy(error);
      expect(carrier.destroyedWith?.error).toBe(error);
    });

    it('fails them with what the carrier throws at being destroyed, if there is nothing else to fail with', () => {
      const error = new Error('cannot be destroyed');
      const { carrier, mux } = start();
      jest.spyOn(carrier, 'destroy').mockImplementation(() => {
        throw error;
      });
      const channels = listen(mux.channels$);
      mux.destroy();
      expect(channels).toEqual([error]);
    });

    it('is what the mux does by itself where the carrier can take nothing any more', () => {
      const error = new Error('broken pipe');
      const { carrier, mux } = start();
      const channels = listen(mux.channels$);
      carrier.capacity$.error(error);
      expect(channels).toEqual([error]);
      expect(carrier.destroyedWith).toEqual({ error });
    });

    it('completes every Observable of the mux', () => {
      const { mux } = start();
      const all = [
        mux.channels$,
        mux.handshakeSent$,
        mux.drain$,
        mux.full$,
        mux.keepAlive$,
        mux.errors$,
        mux.removed$,
        mux.capacity$.pipe(map(() => undefined)),
        mux.ended$,
        mux.finished$,
        mux.closed$,
      ].map((observable$) => listen<unknown>(observable$));
      mux.destroy();
      for (const heard of all) {
        expect(heard.at(-1)).toBe('complete');
      }
    });

    it('may be called from anywhere inside', async () => {
      for (const trigger of ['parse', 'channel', 'chunk', 'removed', 'errors'] as const) {
        const carrier = new TestCarrier();
        const mux: Mux = new Mux(carrier, {
          keepAlive: false,
          parseHandshake: (data) => {
            if (trigger === 'parse') {
              mux.destroy();
            }
            return data;
          },
        });
        const end = () => {
          mux.destroy();
        };
        if (trigger === 'removed') {
          mux.removed$.subscribe(end);
        }
        if (trigger === 'errors') {
          mux.errors$.subscribe(end);
        }
        mux.channels$.subscribe((channel) => {
          channel.closed$.subscribe({ error: () => undefined });
          channel.inbound$.subscribe({
            next: () => {
              if (trigger === 'chunk') {
                end();
              }
            },
            error: () => undefined,
          });
          if (trigger === 'channel') {
            end();
          } else {
            channel.outbound$.complete();
          }
        });
        carrier.receive(peer.handshake(0, 0));
        await turn();
        carrier.receive(peer.data(0, 1, 'x'), peer.frame(9), peer.data(0, 2, 'y'), peer.end(0), peer.end(0));
        await turn();
        expect(mux.openChannels.size).toBe(0);
        expect(carrier.destroyedWith).toEqual({ error: undefined });
      }
    });
  });
});
