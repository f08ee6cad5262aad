import { filter } from 'rxjs';
import { Mux } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

import { opened } from './opened.js';

describe('Channel', () => {
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

    it('shows what it is given in the order in which it is sent, whatever those do who hear that it is full', async () => {
      const { carrier, channel } = await opened({ sendHighWaterMark: 1 });
      const shown = listen(channel.outbound$);
      channel.writable$.pipe(filter((isWritable) => !isWritable)).subscribe(() => {
        channel.outbound$.next('b');
        channel.outbound$.complete();
      });
      channel.outbound$.next('a');
      expect(shown).toEqual(['a', 'b', 'complete']);
      expect(await carrier.hears()).toEqual(['DATA 0 seq=2 "ab"', 'END 0']);
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
      const mux = new Mux(carrier, { ...PLAIN_WIRE, coalesceWrites: false });
      const channel = mux.open(undefined, { maxWriteSize: 5000 });
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

    it('sends in one message what may leave at once, in however many pieces it was given', async () => {
      const { carrier, channel } = await opened();
      carrier.receive(wire.status(0, 20_000, 0));
      const pieces = [5000, 6000, 10, 7000, 4000].map((size, i) => Buffer.alloc(size, String(i)));
      pieces.forEach((piece) => {
        channel.outbound$.next(piece);
      });
      carrier.writes.length = 0;
      await turn();
      expect(Buffer.concat(carrier.writes.flat())).toEqual(
        wire.data(0, 20_000, Buffer.concat(pieces).subarray(0, 20_000)),
      );
      expect(channel.bufferedAmount).toBe(2010);
      carrier.writes.length = 0;
      carrier.receive(wire.status(0, 20_000, 20_000));
      await turn();
      expect(Buffer.concat(carrier.writes.flat())).toEqual(wire.data(0, 22_010, Buffer.alloc(2010, '4')));
      expect(channel.bufferedAmount).toBe(0);
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
      expect(window).toEqual([100, 0, 5, 0]);
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
});
