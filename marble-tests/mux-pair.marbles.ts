import { concatMap, finalize, map, mergeMap, type Observable, timer } from 'rxjs';
import type { Mux } from '../src/index.js';
import { muxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';

// On the line HELLO has 11 bytes, a HANDSHAKE 13, DATA 17 and its payload, END 9.

/** What comes through the channels that the far end opens. */
function arrivals({ channels$ }: Mux): Observable<string> {
  return channels$.pipe(
    mergeMap(({ inbound$ }) => inbound$),
    map((chunk) => chunk.toString()),
  );
}

const ENDED = expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED' }) as unknown;

describe('the line of a pair', () => {
  // 8 bytes, which are 25 with their headers, are sent in frame 200.
  it.each([
    [undefined, 0, '200ms          a'],
    [undefined, 7, '207ms          a'],
    [undefined, 0.5, '200.5ms      a'],
    [1000, 0, '225ms               a'],
    [1000, 7, '232ms               a'],
    [500, 20, '270ms               a'],
    [25_000, 1, '202ms             a'],
    [10_000, 0, '202.5ms           a'],
  ])('with %s bytes/s and %s ms delivers when the last byte is there', (rate, delay, expected) => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate, delay });
      cold('200ms a', { a: '8 bytes!' }).subscribe(near.open().outbound$);
      expectObservable(arrivals(far)).toBe(expected, { a: '8 bytes!' });
    });
  });

  it('delivers both ways at once, at the rate each', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate: 1000 });
      cold('                              100ms a', { a: '8 bytes!' }).subscribe(near.open().outbound$);
      cold('                              100ms a', { a: '8 bytes!' }).subscribe(far.open().outbound$);
      expectObservable(arrivals(far)).toBe('125ms a', { a: '8 bytes!' });
      expectObservable(arrivals(near)).toBe('125ms a', { a: '8 bytes!' });
    });
  });

  it('keeps the order: bytes wait for those before them', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate: 1000, delay: 50 });
      const channel = near.open();
      cold('                              200ms a 9ms b', { a: '8 bytes!', b: 'abc' }).subscribe(
        channel.outbound$,
      );
      expectObservable(arrivals(far)).toBe('275ms a 19ms b', { a: '8 bytes!', b: 'abc' });
    });
  });

  it('is idle between bytes that are far apart', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate: 3000 });
      const channel = near.open();
      cold('                              200ms   a 999ms   b', { a: 'a', b: 'b' }).subscribe(
        channel.outbound$,
      );
      expectObservable(arrivals(far)).toBe('206ms a 999ms   b');
    });
  });

  it('has back-pressure: capacity$ counts what has not left', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate: 1000, buffer: 100 });
      far.channels$.subscribe();
      const channel = near.open();
      cold('                                             99ms -a', { a: 'x'.repeat(53) }).subscribe(
        channel.outbound$,
      );
      expectObservable(near.capacity$).toBe('b 23ms a 75ms c 69ms a', { a: 100, b: 76, c: 30 });
    });
  });

  it('holds back who has more to send: a channel queues what does not leave', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, rate: 1000, buffer: 10 });
      far.channels$.subscribe();
      const channel = near.open('', { sendHighWaterMark: 10, maxWriteSize: 5 });
      // Four frames of 22 bytes: one is given to the line when the one before has left.
      cold('                                     99ms -a', { a: 'x'.repeat(20) }).subscribe(
        channel.outbound$,
      );
      const isWritable = '                       y 99ms n 43ms y';
      expectObservable(channel.writable$).toBe(isWritable, { y: true, n: false });
    });
  });

  it('half-closes: what is on its way arrives, and the other direction goes on', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, delay: 5 });
      const channel = near.open();
      far.channels$.subscribe(({ outbound$ }) => {
        cold('                                  --------------------(a|)', { a: 'late' }).subscribe(
          outbound$,
        );
      });
      cold('                                    ----------(a|)', { a: 'last' }).subscribe(channel.outbound$);
      expectObservable(arrivals(far)).toBe('    ---------------a-------------------|', { a: 'last' });
      expectObservable(channel.inbound$.pipe(map((chunk) => chunk.toString()))).toBe(
        '                                       ------------------------------(a|)',
        { a: 'late' },
      );
      cold('                                    ------------x').subscribe(() => {
        void near.close(); // ends the line when the channel has gone
      });
      expectObservable(far.ended$).toBe('       -----------------------------------(e|)', { e: undefined });
    });
  });
});

describe('a pair', () => {
  it('shows a slow consumer hold back its producer, in virtual time', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({
        scheduler,
        delay: 2,
        far: { peerChannelOptions: { highWaterMark: 4 } },
      });
      const channel = near.open();
      const stored$ = far.channels$.pipe(
        mergeMap(({ deliveries$ }) => deliveries$),
        concatMap(({ chunk, ack }) =>
          timer(5).pipe(
            map(() => chunk.toString()),
            finalize(ack),
          ),
        ),
      );
      cold('                                (a|)', { a: 'abcdefghij' }).subscribe(channel.outbound$);
      expectObservable(channel.sendWindow$).toBe(
        '                                   0---(40)-----(40)-----(42)---',
        { 0: 0, 2: 2, 4: 4 },
      );
      expectObservable(stored$).toBe('      -----------a--------b--------c', {
        a: 'abcd',
        b: 'efgh',
        c: 'ij',
      });
    });
  });
});

describe('a pair that is cut', () => {
  it('ends at both ends in the same frame, and loses what is under way', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far, cut } = muxPair({ scheduler, delay: 5 });
      const channel = near.open();
      cold('                                           ----------x').subscribe(channel.outbound$);
      cold('                                           ------------x').subscribe(() => {
        cut();
      });
      expectObservable(arrivals(far)).toBe('           ------------#', {}, ENDED);
      expectObservable(channel.inbound$).toBe('        ------------#', {}, ENDED);
      expectObservable(far.channels$.pipe(mergeMap(() => []))).toBe('------------|');
      expectObservable(near.channels$).toBe('          ------------|');
      expectObservable(near.closed$).toBe('            ------------(c|)', { c: undefined });
      expectObservable(far.closed$).toBe('             ------------(c|)', { c: undefined });
    });
  });

  it('with an error fails with it at both ends', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far, cut } = muxPair({ scheduler });
      const error = new Error('cable cut');
      const channel = near.open();
      const failed = expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED', cause: error }) as unknown;
      cold('                                   ----x').subscribe(() => {
        cut(error);
      });
      expectObservable(channel.inbound$).toBe('----#', {}, failed);
      expectObservable(near.channels$).toBe('  ----#', {}, error);
      expectObservable(far.channels$.pipe(mergeMap(() => []))).toBe('----#', {}, error);
    });
  });

  it('by one mux that is destroyed, ends at the other one after the delay', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, delay: 5 });
      near.open();
      cold('                                   ----------x').subscribe(() => {
        near.destroy(new Error('enough'));
      });
      expectObservable(arrivals(far)).toBe('   ---------------#', {}, ENDED);
      expectObservable(far.closed$).toBe('     ---------------(c|)', { c: undefined });
    });
  });
});

describe('flush', () => {
  it('comes to an end with channels that are open: no timer is left', () => {
    marbles(({ cold, flush }, scheduler) => {
      const { near, far } = muxPair({ scheduler, delay: 5 });
      far.channels$.subscribe(({ inbound$ }) => inbound$.subscribe());
      cold('50ms a').subscribe(near.open().outbound$);
      flush();
      expect(scheduler.actions).toEqual([]);
      expect(near.openChannels.size).toBe(1);
      expect(scheduler.now()).toBeLessThan(300); // what is granted to a peer that has become quiet
    });
  });

  it('comes to an end with a thousand channels, whose bytes are all delivered', () => {
    marbles(({ flush }, scheduler) => {
      const { near, far } = muxPair({ scheduler, delay: 5, rate: 10_000_000 });
      const [count, size] = [1000, 1000];
      let echoed = 0;
      let doneAt = 0;
      far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
      for (let i = 0; i < count; i += 1) {
        const { inbound$, outbound$ } = near.open();
        inbound$.subscribe((chunk) => {
          echoed += chunk.length;
        });
        outbound$.next(Buffer.alloc(size));
        outbound$.complete();
      }
      near.removed$.subscribe(() => {
        doneAt = scheduler.now();
      });
      flush();
      expect(echoed).toBe(count * size);
      expect(near.openChannels.size + far.openChannels.size).toBe(0);
      expect(scheduler.actions).toEqual([]);
      // The way there and back twice, for handshakes and for bytes; and the bytes, of which those on their way back
      // overlap with those on their way there. And until it is known what the line holds, it is not always full.
      const transfer = (count * (13 + 17 + size + 9)) / 10_000;
      expect(doneAt).toBeGreaterThan(4 * 5 + transfer);
      expect(doneAt).toBeLessThan(4 * 5 + transfer + 40);
    });
  });
});
