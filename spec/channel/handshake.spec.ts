import { firstValueFrom, lastValueFrom, map } from 'rxjs';
import { type Channel } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { connected } from '../support/connected.js';
import { start } from '../mux/start.js';

describe('Channel', () => {
  describe('the answer', () => {
    it('carries the data of accept()', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.accept(`to ${channel.id}`);
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "to 0"']);
    });

    it('is delayed by delayHandshake(): the peer may send already, this side may not', async () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      let answer: ((data?: string) => void) | undefined;
      let received = '';
      mux.channels$.subscribe((channel) => {
        answer = channel.delayHandshake();
        channel.inbound$.subscribe((chunk) => (received += chunk.toString()));
        channel.outbound$.next('hi');
        channel.outbound$.complete();
      });
      carrier.receive(peer.handshake(0, 10));
      expect(await carrier.hears()).toEqual(['PRE_HANDSHAKE 0 free=4']);
      carrier.receive(peer.data(0, 4, 'data'));
      expect(received).toBe('data');
      expect(await carrier.hears()).toEqual(['PRE_HANDSHAKE 0 free=4 seq=4']);
      answer?.('at last');
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=4 "at last"', 'DATA 0 seq=2 "hi"', 'END 0']);
      expect(() => answer?.()).toThrow(
        expect.objectContaining({ code: 'ERR_RXMUX_HANDSHAKE_SENT' }) as Error,
      );
    });

    it('that comes when this side has sent on the strength of a PRE_HANDSHAKE leaves the credit alone', async () => {
      const { carrier, mux } = start();
      const channel = mux.open();
      await carrier.hears();
      carrier.receive(peer.preHandshake(0, 5));
      channel.outbound$.next('hello world');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "hello"']);
      carrier.receive(peer.handshake(0, 5));
      expect(channel.sendWindow$.value).toBe(0);
      carrier.receive(peer.status(0, 6, 5));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=11 " world"']);
    });

    it('given at once after delayHandshake() needs no PRE_HANDSHAKE', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
        channel.delayHandshake()('now');
      });
      carrier.receive(peer.handshake(0, 0));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "now"']);
    });

    it('that refuses a channel leaves nothing behind once the peer has ended too', async () => {
      const { carrier, mux } = start();
      const ends: unknown[][] = [];
      mux.channels$.subscribe((channel) => {
        channel.outbound$.next('dropped');
        ends.push(listen(channel.inbound$), listen(channel.outbound$), listen(channel.closed$));
        channel.reject();
      });
      carrier.receive(peer.handshake(0, 100));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
      expect(ends).toEqual([['complete'], ['complete'], []]);
      carrier.receive(peer.end(0));
      expect(ends[2]).toEqual([undefined, 'complete']);
      expect(mux.openChannels.size).toBe(0);
    });

    it('that refuses a channel is an error to the peer, though this side had ended', async () => {
      const { carrier, mux } = start();
      mux.channels$.subscribe((channel) => {
        channel.outbound$.complete();
        channel.reject();
      });
      carrier.receive(peer.handshake(0, 100));
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=0 ""', 'ERROR_END 0']);
    });

    it('that is given in the turn of a delay, with what came together, is all that is said', async () => {
      const { carrier, mux } = start();
      const channels: Channel[] = [];
      const sent = listen(mux.handshakeSent$.pipe(map(({ pre }) => pre)));
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
        channels.push(channel);
      });
      mux.keepAlive$.subscribe(() => {
        channels[0]?.accept('yes');
      });
      carrier.receive(peer.handshake(0, 100), peer.keepAlive());
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 "yes"']);
      expect(sent).toEqual([false]);
    });

    it('that refuses after a delay lets a peer finish that has sent already', async () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      mux.channels$.subscribe((channel) => {
        channel.delayHandshake();
      });
      carrier.receive(peer.handshake(0, 100));
      await carrier.hears();
      carrier.receive(peer.data(0, 4, 'data'));
      mux.openChannels.get(0)?.reject();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=0 ""',
        'STATUS 0 free=4 seq=4',
        'ERROR_END 0',
      ]);
    });

    it('can be given but once', () => {
      const { carrier, mux } = start();
      const channels: Channel[] = [];
      mux.channels$.subscribe((channel) => channels.push(channel));
      carrier.receive(peer.handshake(0, 0));
      const sent = expect.objectContaining({ code: 'ERR_RXMUX_HANDSHAKE_SENT', channelId: 0 }) as Error;
      for (const channel of [...channels, mux.open('', { channel: 0 })]) {
        expect(() => channel.delayHandshake()).toThrow(sent);
        expect(() => {
          channel.accept();
        }).toThrow(sent);
        expect(() => {
          channel.reject();
        }).toThrow(sent);
      }
      expect(() => mux.open().delayHandshake()).toThrow('handshake already sent');
    });

    it('may come late where the channel has been destroyed meanwhile: nothing is said any more', async () => {
      const { carrier, mux } = start();
      let answer: ((data?: string) => void) | undefined;
      mux.channels$.subscribe((channel) => {
        answer = channel.delayHandshake();
      });
      carrier.receive(peer.handshake(0, 100));
      await carrier.hears();
      const channel = mux.openChannels.get(0);
      channel?.destroy();
      answer?.('late');
      channel?.accept('later');
      channel?.reject();
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'END 0']);
    });

    it('may come late where the peer has broken the channel by what it has sent', async () => {
      const { carrier, mux } = start({ peerChannelOptions: { highWaterMark: 4 } });
      let answer: (() => void) | undefined;
      mux.channels$.subscribe((channel) => {
        answer = channel.delayHandshake();
      });
      carrier.receive(peer.handshake(0, 100));
      await carrier.hears();
      carrier.receive(peer.data(0, 5, 'more!'));
      answer?.();
      expect(await carrier.hears()).toEqual([
        'HANDSHAKE 0 free=0 ""',
        'STATUS 0 free=4 seq=5',
        'ERROR_END 0',
      ]);
    });

    it('is seen on handshakeSent$, with whether the carrier took it without becoming full', async () => {
      const { carrier, mux } = start({}, 40);
      mux.channels$.subscribe((channel) => channel.delayHandshake());
      const sent = listen(
        mux.handshakeSent$.pipe(map(({ channel, pre, complete }) => [channel.id, pre, complete])),
      );
      mux.open();
      carrier.receive(peer.handshake(7, 0));
      await turn();
      expect(sent).toEqual([
        [0, false, true],
        [7, true, true],
      ]);
      mux.openChannels.get(7)?.accept('a long answer');
      await turn();
      expect(sent[2]).toEqual([7, false, false]);
    });
  });

  describe('handshake', () => {
    it('is what parseHandshake makes of the data', async () => {
      const { carrier, mux } = start({
        parseHandshake: (data) => JSON.parse(data.toString()) as { name: string },
      });
      const channel = mux.open();
      const early = listen(channel.handshake$);
      expect(channel.handshake).toBeUndefined();
      carrier.receive(peer.handshake(0, 0, '{"name":"peer"}'));
      expect(channel.handshake?.name).toBe('peer');
      expect(early).toEqual([{ name: 'peer' }, 'complete']);
      expect(await firstValueFrom(channel.handshake$)).toEqual({ name: 'peer' });
    });

    it('that parseHandshake throws for goes to the channel and to errors$, and the channel opens', async () => {
      const { carrier, mux } = start({ parseHandshake: (data) => JSON.parse(data.toString()) as unknown });
      const faults = listen(mux.errors$);
      const opened = listen(mux.channels$.pipe(map((channel) => channel.handshake)));
      carrier.receive(peer.handshake(0, 10, 'no json'));
      const fault = expect.objectContaining({
        code: 'ERR_RXMUX_PARSE_HANDSHAKE',
        channelId: 0,
        cause: expect.any(SyntaxError) as unknown,
      }) as unknown;
      expect(faults).toEqual([fault]);
      expect(opened).toStrictEqual([undefined]);
      const channel = mux.openChannels.get(0);
      await expect(channel && lastValueFrom(channel.handshake$)).rejects.toEqual(fault);
      channel?.outbound$.next('still works');
      expect(await carrier.hears()).toEqual(['HANDSHAKE 0 free=65536 ""', 'DATA 0 seq=10 "still work"']);
    });

    it('errors where the channel fails before', () => {
      const { mux } = start();
      const channel = mux.open();
      const early = listen(channel.handshake$);
      const error = new Error('gone');
      mux.destroy(error);
      expect(early).toEqual([error]);
      expect(listen(channel.handshake$)).toEqual([error]);
    });
  });

  describe('between two muxes', () => {
    it('is one where both open the same number at the same time', async () => {
      const { local, peer } = connected();
      const ends = [
        local.open('from local', { channel: 5 }),
        peer.open('from peer', { channel: 5 }),
      ] as const;
      expect(await Promise.all(ends.map(({ handshake$ }) => firstValueFrom(handshake$)))).toEqual([
        Buffer.from('from peer'),
        Buffer.from('from local'),
      ]);
      ends[0].outbound$.next('hello');
      expect(String(await firstValueFrom(ends[1].inbound$))).toBe('hello');
      expect(ends.map(({ openedBy }) => openedBy)).toEqual(['local', 'local']);
      local.destroy();
    });
  });
});
