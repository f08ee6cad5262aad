import { concatMap, filter, finalize, map, type Observable, timer } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { TestCarrier } from '../spec/support/test-carrier.js';
import type { ChannelOptions, Mux, MuxOptions } from '../src/index.js';
import { marbles } from './support/flows.js';
import { muxOnTestCarrier, peer, peerSays, weSay } from './support/wire.js';

// The peer is ten milliseconds away, there and back: it has a grant five milliseconds after it has left here, and its
// bytes are here five milliseconds later. In every diagram it sends all that it may as soon as it may, unless said
// otherwise. The time of the scheduler is the mux's.

/** A mux in virtual time. Windows of 8 bytes. */
function start(scheduler: TestScheduler, options?: MuxOptions) {
  return muxOnTestCarrier({ scheduler, ...options });
}

const WINDOW: ChannelOptions = { highWaterMark: 8 };

/** Opens channels that do nothing, with numbers from 1000 on, until there is nothing left for first windows. */
function openMany(mux: Mux): void {
  for (let number = 1000; number < 3000; number += 1) {
    mux.open('', { channel: number });
  }
}

/** What the mux says on one channel. */
function weSayOn(channel: number, carrier: TestCarrier): Observable<string> {
  return weSay(carrier).pipe(
    map((all) => all.split(', ').filter((message) => message.split(' ')[1] === String(channel))),
    filter((messages) => messages.length > 0),
    map((messages) => messages.join(', ')),
  );
}

/** The next `bytes` of the peer's on a channel, of which it has sent `before`. */
const bytes = (channel: number, before: number, count: number): Buffer =>
  peer.data(channel, before + count, 'x'.repeat(count));

describe('the receive window', () => {
  it('is doubled by each wait of a round trip for credit', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      mux.open('', WINDOW).inbound$.subscribe();
      peerSays(carrier, cold('----h-----a---------b---------c---------d---'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 8)], // had to wait for the first grant, as for any answer
        b: [bytes(0, 8, 8)],
        c: [bytes(0, 16, 16)],
        d: [bytes(0, 32, 32)],
      });
      const expected = '      o---------a---------b---------c---------d---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 ""',
        a: 'STATUS 0 free=8 seq=8',
        b: 'STATUS 0 free=16 seq=16',
        c: 'STATUS 0 free=32 seq=32',
        d: 'STATUS 0 free=64 seq=64',
      });
    });
  });

  it('is doubled where the peer has used up the credit that it knew, though more was on its way', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      mux.open('', WINDOW).inbound$.subscribe();
      // Each half of the window comes in a millisecond of its own, and is granted anew at once.
      peerSays(carrier, cold('----h-----ab--------cd---'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 4)],
        b: [bytes(0, 4, 4)], // here it has to wait for the grant of the first half
        c: [bytes(0, 8, 4)], // here for that of the second one
        d: [bytes(0, 12, 4)],
      });
      const expected = '      o---------ab--------cd---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 ""',
        a: 'STATUS 0 free=8 seq=4',
        b: 'STATUS 0 free=8 seq=8',
        c: 'STATUS 0 free=16 seq=12',
        d: 'STATUS 0 free=16 seq=16', // the first doubling has not had its effect yet
      });
    });
  });

  it('grows no farther than maxHighWaterMark', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      mux.open('', { ...WINDOW, maxHighWaterMark: 20 }).inbound$.subscribe();
      peerSays(carrier, cold('----h-----a---------b---------c---------d---'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 8)],
        b: [bytes(0, 8, 8)],
        c: [bytes(0, 16, 16)],
        d: [bytes(0, 32, 20)],
      });
      const expected = '      o---------a---------b---------c---------d---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 ""',
        a: 'STATUS 0 free=8 seq=8',
        b: 'STATUS 0 free=16 seq=16',
        c: 'STATUS 0 free=20 seq=32',
        d: 'STATUS 0 free=20 seq=52',
      });
    });
  });

  it('leaves as much of maxBufferedBytes as it takes to the others, and all of it when its channel ends', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler, { maxBufferedBytes: 12 });
      const [one, two] = [mux.open('', WINDOW), mux.open('', WINDOW)];
      one.inbound$.subscribe();
      two.inbound$.subscribe();
      cold('                  ------------------------------|').subscribe(one.outbound$);
      peerSays(carrier, cold('----h-----ab--------cd--------ef---------g--'), {
        h: [peer.handshake(0, 0), peer.handshake(1, 0)],
        a: [bytes(0, 0, 8)],
        b: [bytes(1, 0, 8)],
        c: [bytes(0, 8, 8)],
        d: [bytes(1, 8, 8)],
        e: [peer.end(0)],
        f: [bytes(1, 16, 11)],
        g: [bytes(1, 27, 14)],
      });
      const expected = '      o---------ab--------cd--------ef---------g--';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 "", HANDSHAKE 1 free=8 ""',
        a: 'STATUS 0 free=8 seq=8',
        b: 'STATUS 1 free=8 seq=8',
        c: 'STATUS 0 free=14 seq=16',
        d: 'STATUS 1 free=11 seq=16',
        e: 'END 0',
        f: 'STATUS 1 free=14 seq=27',
        g: 'STATUS 1 free=14 seq=41',
      });
    });
  });

  it('begins small where many channels are open, and is whole when it has been used up, without looking at the clock', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      openMany(mux);
      mux.open('').inbound$.subscribe();
      peerSays(carrier, cold('----h(abc)'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 2048)],
        b: [bytes(0, 2048, 63_488)],
        c: [bytes(0, 65_536, 65_536)],
      });
      const expected = '      o----(abc)';
      // The first time it ends where it would, had it been whole from the beginning.
      expectObservable(weSayOn(0, carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=2048 ""',
        a: 'STATUS 0 free=63488 seq=2048',
        b: 'STATUS 0 free=65536 seq=65536',
        c: 'STATUS 0 free=65536 seq=131072',
      });
    });
  });

  it('that began small keeps its size where the peer does not use it up', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      openMany(mux);
      mux.open('').inbound$.subscribe();
      peerSays(carrier, cold('----h(abc)'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 2000)],
        b: [bytes(0, 2000, 2000)],
        c: [bytes(0, 4000, 2000)],
      });
      const expected = '      o----(abc)';
      expectObservable(weSayOn(0, carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=2048 ""',
        a: 'STATUS 0 free=2048 seq=2000',
        b: 'STATUS 0 free=2048 seq=4000',
        c: 'STATUS 0 free=2048 seq=6000',
      });
    });
  });

  it('that began small keeps its size where nobody reads', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      openMany(mux);
      mux.open('');
      peerSays(carrier, cold('----ha----'), { h: [peer.handshake(0, 0)], a: [bytes(0, 0, 2048)] });
      expectObservable(weSayOn(0, carrier)).toBe('o---------', { o: 'HANDSHAKE 0 free=2048 ""' });
    });
  });

  describe('keeps its size', () => {
    it('where the consumer is slow', () => {
      marbles(({ cold, expectObservable }, scheduler) => {
        const { carrier, mux } = start(scheduler);
        const work$ = timer(6);
        mux
          .open('', WINDOW)
          .deliveries$.pipe(concatMap(({ ack }) => work$.pipe(finalize(ack))))
          .subscribe();
        peerSays(carrier, cold('----h-----a---------------b---------------c--------'), {
          h: [peer.handshake(0, 0)],
          a: [bytes(0, 0, 8)],
          b: [bytes(0, 8, 8)],
          c: [bytes(0, 16, 8)],
        });
        const expected = '      o---------------a---------------b---------------c--';
        expectObservable(weSay(carrier)).toBe(expected, {
          o: 'HANDSHAKE 0 free=8 ""',
          a: 'STATUS 0 free=8 seq=8',
          b: 'STATUS 0 free=8 seq=16',
          c: 'STATUS 0 free=8 seq=24',
        });
      });
    });

    it('where the consumer is slow by more than half of the window', () => {
      marbles(({ cold, expectObservable }, scheduler) => {
        const { carrier, mux } = start(scheduler);
        const work$ = timer(1);
        mux
          .open('', WINDOW)
          .deliveries$.pipe(concatMap(({ ack }) => work$.pipe(finalize(ack))))
          .subscribe();
        const inTwo = (before: number, first: number, second: number): Buffer[] => [
          bytes(0, before, first),
          bytes(0, before + first, second),
        ];
        peerSays(carrier, cold('----h-----a----------b----------c----------d--e'), {
          h: [peer.handshake(0, 0)],
          a: inTwo(0, 6, 2),
          b: inTwo(8, 5, 1),
          c: inTwo(14, 5, 2),
          d: inTwo(21, 5, 1),
          e: [peer.end(0)],
        });
        const expected = '      o----------a----------b----------c----------d--';
        expectObservable(weSay(carrier)).toBe(expected, {
          o: 'HANDSHAKE 0 free=8 ""',
          a: 'STATUS 0 free=6 seq=8',
          b: 'STATUS 0 free=7 seq=14',
          c: 'STATUS 0 free=6 seq=21',
          d: 'STATUS 0 free=7 seq=27',
        });
      });
    });

    it('where the peer has little to say', () => {
      marbles(({ cold, expectObservable }, scheduler) => {
        const { carrier, mux } = start(scheduler);
        mux.open('', WINDOW).inbound$.subscribe();
        peerSays(carrier, cold('----h-----a---------b---------c---------d---'), {
          h: [peer.handshake(0, 0)],
          a: [bytes(0, 0, 7)],
          b: [bytes(0, 7, 7)],
          c: [bytes(0, 14, 7)],
          d: [bytes(0, 21, 7)],
        });
        const expected = '      o---------a---------b---------c---------d---';
        expectObservable(weSay(carrier)).toBe(expected, {
          o: 'HANDSHAKE 0 free=8 ""',
          a: 'STATUS 0 free=8 seq=7',
          b: 'STATUS 0 free=8 seq=14',
          c: 'STATUS 0 free=8 seq=21',
          d: 'STATUS 0 free=8 seq=28',
        });
      });
    });

    it('where the peer is there', () => {
      marbles(({ cold, expectObservable }, scheduler) => {
        const { carrier, mux } = start(scheduler);
        mux.open('', WINDOW).inbound$.subscribe();
        peerSays(carrier, cold('----(habcd)'), {
          h: [peer.handshake(0, 0)],
          a: [bytes(0, 0, 8)],
          b: [bytes(0, 8, 8)],
          c: [bytes(0, 16, 8)],
          d: [bytes(0, 24, 8)],
        });
        const expected = '      o---(abcd)';
        expectObservable(weSay(carrier)).toBe(expected, {
          o: 'HANDSHAKE 0 free=8 ""',
          a: 'STATUS 0 free=8 seq=8',
          b: 'STATUS 0 free=8 seq=16',
          c: 'STATUS 0 free=8 seq=24',
          d: 'STATUS 0 free=8 seq=32',
        });
      });
    });

    it('where the peer’s bytes have to wait behind those of other channels', () => {
      marbles(({ cold, expectObservable }, scheduler) => {
        const { carrier, mux } = start(scheduler);
        const other = mux.open('', { highWaterMark: 2000, maxHighWaterMark: 1 });
        mux.open('', WINDOW).inbound$.subscribe();
        other.inbound$.subscribe();
        peerSays(carrier, cold('----h-----a----w----w----w----b----w----w----w----c----e'), {
          h: [peer.handshake(0, 0), peer.handshake(1, 0)],
          a: [bytes(1, 0, 8)], // now the way is known
          w: [bytes(0, 0, 100)],
          b: [bytes(1, 8, 8)],
          c: [bytes(1, 16, 8)],
          e: [peer.end(0)],
        });
        const expected = '      o---------a-------------------b-------------------c-----';
        expectObservable(weSay(carrier)).toBe(expected, {
          o: 'HANDSHAKE 0 free=2000 "", HANDSHAKE 1 free=8 ""',
          a: 'STATUS 1 free=8 seq=8',
          b: 'STATUS 1 free=8 seq=16',
          c: 'STATUS 1 free=8 seq=24',
        });
      });
    });
  });

  it('that has grown is halved where the peer’s bytes have to wait for four round trips', () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const { carrier, mux } = start(scheduler);
      mux.open('', WINDOW).inbound$.subscribe();
      peerSays(carrier, cold('----h-----a---------b---------c 39ms d 39ms e 39ms f'), {
        h: [peer.handshake(0, 0)],
        a: [bytes(0, 0, 8)],
        b: [bytes(0, 8, 8)],
        c: [bytes(0, 16, 16)],
        d: [bytes(0, 32, 32)],
        e: [bytes(0, 64, 16)],
        f: [bytes(0, 80, 8)],
      });
      const expected = '      o---------a---------b---------c 39ms d 39ms e 39ms f';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 ""',
        a: 'STATUS 0 free=8 seq=8',
        b: 'STATUS 0 free=16 seq=16',
        c: 'STATUS 0 free=32 seq=32',
        d: 'STATUS 0 free=16 seq=64',
        e: 'STATUS 0 free=8 seq=80',
        f: 'STATUS 0 free=8 seq=88',
      });
    });
  });
});
