import { concat, firstValueFrom, map, ObjectUnsubscribedError, take } from 'rxjs';
import { type Delivery, PeerError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

import { opened } from './opened.js';

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

    it.each([
      ['bytes and the end', [wire.data(0, 6, 'two'), wire.end(0)], ['a two', 'b two']],
      ['the end', [wire.end(0)], []],
    ])('takes %s, come while it is emitting what waited, after that', async (_what, frames, more) => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.data(0, 3, 'one'));
      const heard: string[] = [];
      const as = (who: string) => ({
        next: (chunk: Buffer): void => {
          heard.push(`${who} ${String(chunk)}`);
          if (heard.length === 1) {
            carrier.receive(...frames);
          }
        },
        complete: (): void => {
          heard.push(`${who} end`);
        },
      });
      channel.inbound$.subscribe(as('a'));
      channel.inbound$.subscribe(as('b'));
      await turn();
      expect(heard).toEqual(['a one', 'b one', ...more, 'a end', 'b end']);
    });

    it('stays as it ended, whatever the peer says behind that', async () => {
      const { carrier, channel } = await opened();
      const error = new Error('no more');
      channel.destroy(error);
      expect(listen(channel.inbound$)).toEqual([error]);
      carrier.receive(wire.end(0));
      expect(listen(channel.inbound$)).toEqual([error]);
      expect(listen(channel.deliveries$)).toEqual([error]);
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

    it('counts none that the peer may still send where it has sent more than it may, whenever that is asked', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 2, checkReadOverflow: false });
      carrier.receive(wire.data(0, 4, 'abcd'));
      expect(channel.receiveWindow$.value).toBe(0);
    });

    it('echoes the count of the peer, which may wrap at 2^32, in grants', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      channel.inbound$.subscribe();
      carrier.receive(wire.data(0, 0xffff_fffe, 'ab'), wire.data(0, 2, 'cdef'.slice(0, 2)));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']);
    });

    it('throws at whoever uses it after it has been closed, as every Subject', async () => {
      const { channel } = await opened();
      const { inbound$ } = channel;
      inbound$.unsubscribe(); // eslint-disable-line rxjs-x/no-subject-unsubscribe -- the mistake
      const uses: (() => void)[] = [
        () => {
          inbound$.next(Buffer.from('late'));
        },
        () => {
          inbound$.error(new Error('late'));
        },
        () => {
          inbound$.complete();
        },
      ];
      for (const use of uses) {
        expect(use).toThrow(ObjectUnsubscribedError);
      }
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

    it('go on where inbound$ was left in next, with what follows', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      const first$ = channel.inbound$.pipe(take(1));
      const deliveries: Delivery[] = [];
      const others$ = channel.deliveries$.pipe(
        map((delivery) => {
          deliveries.push(delivery);
          return delivery.chunk;
        }),
      );
      const heard = listen(concat(first$, others$).pipe(map(toText)));
      carrier.receive(wire.data(0, 2, 'ab'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=2']); // whoever came has not to acknowledge it
      carrier.receive(wire.data(0, 4, 'cd'), wire.end(0));
      expect(heard).toEqual(['ab', 'cd', 'complete']);
      expect(deliveries).toHaveLength(1);
    });

    it('are left in next of inbound$: then nobody has to acknowledge what comes to both', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      channel.inbound$.subscribe(() => {
        subscription.unsubscribe();
      });
      const subscription = channel.deliveries$.subscribe();
      carrier.receive(wire.data(0, 2, 'ab'));
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

    it('may be called when the window is told: what has just come counts as consumed once', async () => {
      const { carrier, channel } = await opened({ highWaterMark: 4 });
      channel.receiveWindow$.subscribe((bytes) => {
        if (bytes < 4) {
          channel.cancel();
        }
      });
      carrier.receive(wire.data(0, 4, 'abcd'));
      expect(await carrier.hears()).toEqual(['STATUS 0 free=4 seq=4']);
      expect(channel.stats()).toMatchObject({ received: 4, consumed: 4, unread: 0, receiveWindow: 4 });
    });
  });
});
