import { filter, firstValueFrom, map } from 'rxjs';
import { type Channel, type ChannelOptions, type Delivery, Mux, PeerError } from '../../src/index.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** A channel that both sides have opened, with the test as the peer, whose window is 100 bytes. */
async function opened(
  options?: ChannelOptions,
): Promise<{ carrier: TestCarrier; mux: Mux; channel: Channel }> {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, { keepAlive: false });
  const channel = mux.open('', options);
  await turn();
  carrier.receive(wire.handshake(0, 100));
  await carrier.hears();
  return { carrier, mux, channel };
}

const toText = (chunk: Buffer): string => chunk.toString();

describe('Channel', () => {
  describe('inbound$', () => {
    it('emits what the peer sends, uncopied, and completes at its END', async () => {
      const { carrier, channel } = await opened();
      const chunks: Buffer[] = [];
      channel.inbound$.subscribe((chunk) => chunks.push(chunk));
      const said = wire.data(0, 5, 'hello');
      carrier.inbound$.next(said);
      carrier.receive(wire.end(0));
      expect(chunks.map(String)).toEqual(['hello']);
      expect(chunks[0]?.buffer).toBe(said.buffer);
      expect(listen(channel.inbound$)).toEqual(['complete']);
    });

    it("errors with PeerError at the peer's ERROR_END, after all earlier bytes", async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 5, 'hello'), wire.errorEnd(0));
      const heard = listen(channel.inbound$.pipe(map(toText)));
      await turn();
      expect(heard).toEqual(['hello', new PeerError({ channelId: 0 })]);
      expect(listen(channel.outbound$)).toEqual([]); // only that half has failed
    });

    it('keeps bytes that nobody asks for, all of them, in order', async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 3, 'one'));
      const first = listen(channel.inbound$.pipe(map(toText)));
      const second = listen(channel.inbound$.pipe(map(toText)));
      carrier.receive(wire.data(0, 6, 'two'));
      expect(first).toEqual([]);
      await turn();
      carrier.receive(wire.data(0, 11, 'three'));
      expect(first).toEqual(['onetwo', 'three']);
      expect(second).toEqual(first);
    });

    it('does not keep a whole chunk of the carrier alive for a few bytes that wait', async () => {
      const { carrier, channel } = await opened();
      const chunk = Buffer.concat([wire.data(0, 5, 'hello'), Buffer.alloc(60_000)]);
      carrier.inbound$.next(chunk);
      const received = await firstValueFrom(channel.inbound$);
      expect(received.toString()).toBe('hello');
      expect(received.buffer).not.toBe(chunk.buffer);
    });

    it('does not copy a chunk that waits and makes up most of what the carrier delivered', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 100_000 });
      const chunk = wire.data(0, 100_000, Buffer.alloc(100_000));
      carrier.inbound$.next(chunk);
      expect((await firstValueFrom(channel.inbound$)).buffer).toBe(chunk.buffer);
    });

    it('pauses in the middle of what waits when its subscriber goes', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 200_000 });
      carrier.receive(
        wire.data(0, 100_000, Buffer.alloc(100_000, 1)),
        wire.data(0, 200_000, Buffer.alloc(100_000, 2)),
      );
      expect(await firstValueFrom(channel.inbound$)).toEqual(Buffer.alloc(100_000, 1));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=100000 seq=200000']);
      expect(await firstValueFrom(channel.inbound$)).toEqual(Buffer.alloc(100_000, 2));
    });

    it('takes bytes that come while it is emitting after those', async () => {
      const { carrier, channel } = await opened();
      const heard: string[] = [];
      channel.inbound$.subscribe((chunk) => {
        heard.push(`begin ${String(chunk)}`);
        if (heard.length === 1) {
          carrier.receive(wire.data(0, 6, 'two'), wire.end(0));
        }
        heard.push(`end ${String(chunk)}`);
      });
      carrier.receive(wire.data(0, 3, 'one'));
      await turn();
      expect(heard).toEqual(['begin one', 'end one', 'begin two', 'end two']);
      expect(listen(channel.inbound$)).toEqual(['complete']);
    });

    it('counts what the peer may still send', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 10 });
      const window = listen(channel.receiveWindow$);
      carrier.receive(wire.data(0, 4, 'abcd'), wire.data(0, 8, 'efgh'));
      channel.inbound$.subscribe();
      await turn();
      expect(window).toEqual([10, 6, 2, 10]);
      channel.outbound$.complete();
      carrier.receive(wire.end(0));
      await turn();
      expect(window.at(-1)).toBe('complete');
    });

    it('echoes the count of the peer, which may wrap at 2^32, in grants', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      channel.inbound$.subscribe();
      carrier.receive(wire.data(0, 0xffff_fffe, 'ab'), wire.data(0, 2, 'cdef'.slice(0, 2)));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']);
    });
  });

  describe('outbound$', () => {
    it('sends strings, Buffers and other Uint8Arrays, and shows its subscribers what it is given', async () => {
      const { carrier, channel } = await opened();
      const shown = listen(channel.outbound$);
      channel.outbound$.next('grüß ');
      channel.outbound$.next(Buffer.from('dich '));
      channel.outbound$.next(new Uint8Array([0x41, 0x42, 0x43]).subarray(1));
      channel.outbound$.next('');
      channel.outbound$.complete();
      expect(await carrier.hears()).toEqual(['DATA 0 seq=14 "grüß dich BC"', 'END 0']);
      expect(shown).toEqual(['grüß ', Buffer.from('dich '), Uint8Array.of(0x42, 0x43), '', 'complete']);
      expect(listen(channel.outbound$)).toEqual(['complete']);
    });

    it('sends ERROR_END after what was given before', async () => {
      const { carrier, channel } = await opened();
      const shown = listen(channel.outbound$);
      channel.outbound$.next('hello');
      const error = new Error('no more');
      channel.outbound$.error(error);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "hello"', 'ERROR_END 0']);
      expect(shown).toEqual(['hello', error]);
      carrier.receive(wire.end(0));
      expect(listen(channel.closed$)).toEqual([error]);
      expect(listen(channel.outbound$)).toEqual([error]);
    });

    it('does nothing after its end', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.complete();
      channel.outbound$.next('late');
      channel.outbound$.error(new Error('late'));
      channel.outbound$.complete();
      expect(await carrier.hears()).toEqual(['END 0']);
      expect(channel.bufferedAmount).toBe(0);
    });

    it('throws TypeError for what it cannot send', async () => {
      const { channel } = await opened();
      expect(() => {
        channel.outbound$.next(5 as unknown as string);
      }).toThrow(new TypeError('what outbound$ is given must be a Uint8Array or a string, got 5'));
    });

    it('sends no more of what it was about to send where it is destroyed in the midst of it', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, { keepAlive: false, coalesceWrites: false });
      const channel = mux.open();
      channel.closed$.subscribe({ error: () => undefined });
      carrier.receive(wire.handshake(0, 100_000));
      await carrier.hears();
      carrier.written$.pipe(filter(([said]) => said?.startsWith('DATA') === true)).subscribe(() => {
        channel.destroy(new Error('enough'));
      });
      channel.outbound$.next(Buffer.alloc(5000));
      channel.outbound$.next(Buffer.alloc(5000));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=5000 <5000 bytes>', 'ERROR_END 0']);
    });

    it('cuts what it sends to maxWriteSize', async () => {
      const { carrier, channel } = await opened({ maxWriteSize: 4 });
      channel.outbound$.next('hello world');
      expect(await carrier.hears()).toEqual([
        'DATA 0 seq=4 "hell"',
        'DATA 0 seq=8 "o wo"',
        'DATA 0 seq=11 "rld"',
      ]);
    });

    it('tells when to wait: writable$ is false from sendHighWaterMark on', async () => {
      const { carrier, channel } = await opened({ sendHighWaterMark: 150 });
      const writable = listen(channel.writable$);
      channel.outbound$.next(Buffer.alloc(149));
      channel.outbound$.next(Buffer.alloc(1));
      expect(channel.bufferedAmount).toBe(150);
      expect(writable).toEqual([true, false]);
      await turn();
      expect(channel.bufferedAmount).toBe(50);
      expect(writable).toEqual([true, false, true]);
      carrier.receive(wire.status(0, 100, 100));
      channel.outbound$.complete();
      expect(writable).toEqual([true, false, true, 'complete']);
      expect(listen(channel.writable$)).toEqual(['complete']);
    });

    it('never sends more than the peer takes, though it takes back what it had granted', async () => {
      const { carrier, channel } = await opened();
      const window = listen(channel.sendWindow$);
      carrier.receive(wire.status(0, 0, 0));
      channel.outbound$.next('hello');
      expect(await carrier.hears()).toEqual([]);
      carrier.receive(wire.status(0, 5, 0));
      expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "hello"']);
      carrier.receive(wire.status(0, 1, 2)); // less than is on its way
      expect(window).toEqual([100, 0, 5, 0, 0]);
    });

    it('can send from within the peer’s grant, and end from within its own writable$', async () => {
      const { carrier, channel } = await opened({ sendHighWaterMark: 1 });
      channel.writable$.pipe(filter(Boolean)).subscribe(() => {
        if (channel.sendWindow$.value < 96) {
          channel.outbound$.complete();
        } else {
          channel.outbound$.next('12');
        }
      });
      expect(await carrier.hears()).toEqual([
        'DATA 0 seq=2 "12"',
        'DATA 0 seq=4 "12"',
        'DATA 0 seq=6 "12"',
        'END 0',
      ]);
    });
  });

  describe('deliveries$', () => {
    it('counts bytes as consumed when they are acknowledged, once', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      const deliveries: Delivery[] = [];
      channel.deliveries$.subscribe((delivery) => deliveries.push(delivery));
      carrier.receive(wire.data(0, 2, 'ab'), wire.data(0, 4, 'cd'));
      expect(deliveries.map(({ chunk }) => chunk.toString())).toEqual(['ab', 'cd']);
      expect(await carrier.hears()).toEqual([]);
      const [first, second] = deliveries.map(({ ack }) => ack);
      first?.();
      first?.();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=2 seq=4']);
      second?.();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4']);
    });

    it('waits, completes and errors as inbound$ does', async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 2, 'ab'), wire.errorEnd(0));
      const heard = listen(channel.deliveries$.pipe(map(({ chunk }) => chunk.toString())));
      await turn();
      expect(heard).toEqual(['ab', expect.any(PeerError)]);
      expect(listen(channel.deliveries$)).toEqual([expect.any(PeerError)]);
    });

    it('and inbound$ get the same bytes, which count once', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      const heard = listen(channel.inbound$.pipe(map(toText)));
      const deliveries: Delivery[] = [];
      channel.deliveries$.subscribe((delivery) => deliveries.push(delivery));
      carrier.receive(wire.data(0, 2, 'ab'));
      expect(heard).toEqual(['ab']);
      expect(await carrier.hears()).toEqual([]);
      deliveries[0]?.ack();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']);
    });

    it('need no acknowledgement once the channel is cancelled', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      const deliveries: Delivery[] = [];
      channel.deliveries$.subscribe((delivery) => deliveries.push(delivery));
      carrier.receive(wire.data(0, 2, 'ab'));
      channel.cancel();
      deliveries[0]?.ack();
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']);
      expect(channel.receiveWindow$.value).toBe(4);
    });
  });

  describe('for await', () => {
    it('consumes a chunk when the next one is asked for, to the end', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      carrier.receive(wire.data(0, 2, 'ab'));
      const chunks: string[] = [];
      for await (const chunk of channel) {
        chunks.push(chunk.toString());
        if (chunks.length === 1) {
          expect(await carrier.hears()).toEqual([]);
          carrier.receive(wire.data(0, 4, 'cd'), wire.end(0));
        }
      }
      expect(chunks).toEqual(['ab', 'cd']);
    });

    it('cancels the inbound half when the loop is left', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      carrier.receive(wire.data(0, 2, 'ab'));
      for await (const chunk of channel) {
        expect(chunk.toString()).toBe('ab');
        break;
      }
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']);
      carrier.receive(wire.data(0, 4, 'cd'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4']);
    });
  });

  describe('cancel()', () => {
    it('discards what waits and what comes, and lets subscribers know of the end', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      carrier.receive(wire.data(0, 4, 'abcd'));
      channel.cancel();
      const heard = listen(channel.inbound$);
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4']);
      carrier.receive(wire.data(0, 8, 'efgh'), wire.end(0));
      expect(heard).toEqual(['complete']);
      channel.outbound$.next('still open');
      expect(await carrier.hears()).toEqual(['DATA 0 seq=10 "still open"']);
    });

    it('ends what waits where the peer has ended already', async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 4, 'abcd'), wire.errorEnd(0));
      const heard = listen(channel.inbound$);
      channel.cancel();
      expect(heard).toEqual([expect.any(PeerError)]);
    });

    it('may be called while a chunk is being emitted', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      channel.inbound$.subscribe(() => {
        channel.cancel();
      });
      carrier.receive(wire.data(0, 4, 'abcd'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4']);
      expect(channel.receiveWindow$.value).toBe(4);
    });
  });

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
      expect(closed).toEqual([]);
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

    it('of a channel that has not been answered answers it first', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, { keepAlive: false });
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

    it('takes an end that comes before the handshake for what it is', async () => {
      const carrier = new TestCarrier();
      const mux = new Mux(carrier, { keepAlive: false });
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
