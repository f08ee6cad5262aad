import { concatMap, finalize, map, mergeMap, timer } from 'rxjs';
import { marbles } from './support/flows.js';
import { carrierTakes, muxOnTestCarrier, peer, peerSays, weSay } from './support/wire.js';

const kilobytes = (count: number): Buffer => Buffer.alloc(count * 1000);

describe('credit', () => {
  it('gates a channel: nothing leaves before the peer has answered, then as much as it grants', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open('hi');
      cold('             ----a-|-----------', { a: 'hello' }).subscribe(channel.outbound$);
      peerSays(carrier, cold('--------h----s---'), { h: [peer.handshake(0, 3)], s: [peer.status(0, 9, 3)] });
      const expected = ' o-------d----e---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 "hi"',
        d: 'DATA 0 seq=3 "hel"',
        e: 'DATA 0 seq=5 "lo", END 0',
      });
    });
  });

  it('is there to see, as a state', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open();
      cold('                   -----a-----', { a: 'hello' }).subscribe(channel.outbound$);
      peerSays(carrier, cold(' --h-----s--'), { h: [peer.handshake(0, 7)], s: [peer.status(0, 7, 5)] });
      const sendWindow = '     0-7--2--7--';
      expectObservable(channel.sendWindow$).toBe(sendWindow, { 0: 0, 2: 2, 7: 7 });
    });
  });

  it('counts bytes that are still on their way when it is granted', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open();
      cold('                   --a---', { a: 'hello world' }).subscribe(channel.outbound$);
      // Granted when the peer had seen 2 of the 5 bytes that had been sent: of the 6 that it takes, 3 are used up.
      peerSays(carrier, cold(' -h--s-'), { h: [peer.handshake(0, 5)], s: [peer.status(0, 6, 2)] });
      const expected = '       o-d-e-';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 ""',
        d: 'DATA 0 seq=5 "hello"',
        e: 'DATA 0 seq=8 " wo"',
      });
    });
  });

  it('that one channel lacks does not hold up another', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const [blocked, running] = [mux.open(), mux.open()];
      cold('                   --ab--c', { a: 'one', b: 'two', c: 'three' }).subscribe(blocked.outbound$);
      cold('                   --ab--c', { a: 'one', b: 'two', c: 'three' }).subscribe(running.outbound$);
      peerSays(carrier, cold(' -h-----'), { h: [peer.handshake(0, 0), peer.handshake(1, 99)] });
      const expected = '       o-ab--c';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 "", HANDSHAKE 1 free=65536 ""',
        a: 'DATA 1 seq=3 "one"',
        b: 'DATA 1 seq=6 "two"',
        c: 'DATA 1 seq=11 "three"',
      });
    });
  });
});

describe('capacity', () => {
  it('that is exhausted holds everything, and the channels resume in turn', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({}, 1000);
      const channels = [mux.open(), mux.open()];
      peerSays(carrier, cold('     -h---------------'), {
        h: [peer.handshake(0, 999_999), peer.handshake(1, 999_999)],
      });
      for (const channel of channels) {
        cold('                     --a--------------', { a: kilobytes(100) }).subscribe(channel.outbound$);
      }
      carrierTakes(carrier, cold(' ------1---1---1-1'));
      const expected = '           o-a---b---c---d--';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 "", HANDSHAKE 1 free=65536 ""',
        a: 'DATA 0 seq=65536 <65536 bytes>',
        b: 'DATA 1 seq=65536 <65536 bytes>',
        c: 'DATA 0 seq=100000 <34464 bytes>',
        d: 'DATA 1 seq=100000 <34464 bytes>',
      });
    });
  });

  it('that is back goes to grants of credit first, then to bytes', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({}, 1000);
      const [busy, reader] = [mux.open(), mux.open('', { highWaterMark: 4 })];
      reader.inbound$.subscribe();
      peerSays(carrier, cold('     -h--d--------------'), {
        h: [peer.handshake(0, 999_999), peer.handshake(1, 0)],
        d: [peer.data(1, 4, 'data')],
      });
      cold('                       --a----------------', { a: kilobytes(300) }).subscribe(busy.outbound$);
      carrierTakes(carrier, cold(' ------1-----1----'));
      const expected = '           o-a---s-----c----';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 "", HANDSHAKE 1 free=4 ""',
        a: 'DATA 0 seq=65536 <65536 bytes>',
        s: 'STATUS 1 free=4 seq=4, DATA 0 seq=131072 <65536 bytes>',
        c: 'DATA 0 seq=196608 <65536 bytes>',
      });
    });
  });

  it('is shared equally in bytes by two busy channels, though one sends in small messages', () => {
    marbles(({ cold, flush }) => {
      const { carrier, mux } = muxOnTestCarrier({}, 1000);
      const sent = [0, 0];
      const channels = [mux.open(), mux.open('', { maxWriteSize: 5000 })];
      peerSays(carrier, cold('h'), { h: [peer.handshake(0, 2 ** 31 - 1), peer.handshake(1, 2 ** 31 - 1)] });
      for (const channel of channels) {
        channel.outbound$.next(kilobytes(9000));
      }
      carrierTakes(carrier, cold('9'.repeat(300)));
      flush();
      for (const message of carrier.said) {
        const [, channel, bytes] = /^DATA (\d) .*<(\d+) bytes>/.exec(message) ?? ['', 0, 0];
        sent[Number(channel)] = (sent[Number(channel)] ?? 0) + Number(bytes);
      }
      expect(sent[0]).toBeGreaterThan(1_000_000);
      expect(Math.abs((sent[0] ?? 0) - (sent[1] ?? 0))).toBeLessThanOrEqual(65_536);
    });
  });

  it('shows when the carrier is full and when it has room again', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      carrierTakes(carrier, cold('   -0-5-0-0-1'));
      const capacity = '         f0-5-0-0-1';
      const drain = '            ---d-----d';
      expectObservable(mux.capacity$).toBe(capacity, { f: 65_536, 0: 0, 5: 5000, 1: 1000 });
      expectObservable(mux.drain$).toBe(drain, { d: undefined });
    });
  });
});

describe('what one turn writes', () => {
  it('leaves as one frame, where it is small', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open();
      peerSays(carrier, cold(' -h--------'), { h: [peer.handshake(0, 999)] });
      const app = '            --(abc)--a';
      const expected = '       o-d------e';
      cold(app, { a: 'one ', b: 'two ', c: 'three' }).subscribe(channel.outbound$);
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 ""',
        d: 'DATA 0 seq=13 "one two three"',
        e: 'DATA 0 seq=17 "one "',
      });
    });
  });

  it('leaves in one write, whatever the channels', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channels = [mux.open(), mux.open()];
      peerSays(carrier, cold(' -h----'), { h: [peer.handshake(0, 999), peer.handshake(1, 999)] });
      for (const channel of channels) {
        cold('                 --a---', { a: 'hi' }).subscribe(channel.outbound$);
      }
      const expected = '       o-d---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 "", HANDSHAKE 1 free=65536 ""',
        d: 'DATA 0 seq=2 "hi", DATA 1 seq=2 "hi"',
      });
    });
  });

  it('leaves frame by frame where that is asked for', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({ coalesceWrites: false });
      const channel = mux.open();
      peerSays(carrier, cold(' -h----'), { h: [peer.handshake(0, 999)] });
      cold('                   --(a|)', { a: 'hi' }).subscribe(channel.outbound$);
      const expected = '       o-(de)';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 ""',
        d: 'DATA 0 seq=2 "hi"',
        e: 'END 0',
      });
    });
  });
});

describe('END', () => {
  it('leaves after the last byte, however long that takes', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open();
      cold('                   --(a|)---------', { a: 'hello' }).subscribe(channel.outbound$);
      peerSays(carrier, cold(' -h----s----t---'), {
        h: [peer.handshake(0, 1)],
        s: [peer.status(0, 2, 1)],
        t: [peer.status(0, 2, 3)],
      });
      const expected = '       o-x---y----z---';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=65536 ""',
        x: 'DATA 0 seq=1 "h"',
        y: 'DATA 0 seq=3 "el"',
        z: 'DATA 0 seq=5 "lo", END 0',
      });
    });
  });

  it('leaves with the HANDSHAKE where there is nothing to send', () => {
    marbles(({ expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      mux.open('ping').outbound$.complete();
      expectObservable(weSay(carrier)).toBe('x', { x: 'HANDSHAKE 0 free=65536 "ping", END 0' });
    });
  });
});

describe('the receive window', () => {
  const opened = { h: [peer.handshake(0, 0)] };

  it('is granted anew once half of it has been consumed, not for every chunk', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open('', { highWaterMark: 8 });
      channel.inbound$.subscribe();
      peerSays(carrier, cold(' -habc-'), {
        ...opened,
        a: [peer.data(0, 2, '12')],
        b: [peer.data(0, 4, '34')],
        c: [peer.data(0, 5, '5')],
      });
      const expected = '       o--x-- 96ms y';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=8 ""',
        x: 'STATUS 0 free=8 seq=4',
        y: 'STATUS 0 free=8 seq=5', // the peer has been quiet for a while
      });
    });
  });

  it('is granted to a quiet peer though less than half has been consumed, from the third time on without delay', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open('', { highWaterMark: 100 });
      channel.inbound$.subscribe();
      peerSays(carrier, cold(' -ha 107ms b 107ms c 7ms d|'), {
        ...opened,
        a: [peer.data(0, 2, '12')],
        b: [peer.data(0, 4, '34')],
        c: [peer.data(0, 6, '56')],
        d: [peer.data(0, 8, '78')],
      });
      const expected = '       o- 100ms x 107ms y 7ms z 7ms w';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=100 ""',
        x: 'STATUS 0 free=100 seq=2',
        y: 'STATUS 0 free=100 seq=4',
        z: 'STATUS 0 free=100 seq=6',
        w: 'STATUS 0 free=100 seq=8',
      });
    });
  });

  it('is granted to nobody while nobody subscribes: subscribing is asking for data', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open('', { highWaterMark: 4 });
      peerSays(carrier, cold(' -hab-----c--'), {
        ...opened,
        a: [peer.data(0, 2, 'ab')],
        b: [peer.data(0, 4, 'cd')],
        c: [peer.data(0, 6, 'ef')],
      });
      const subscribed = '     ------^---!-';
      const bytes = '          ------x--y--';
      const expected = '       o-----s--t--';
      expectObservable(channel.inbound$.pipe(map((chunk) => chunk.toString())), subscribed).toBe(bytes, {
        x: 'abcd',
        y: 'ef',
      });
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=4 ""',
        s: 'STATUS 0 free=4 seq=4',
        t: 'STATUS 0 free=4 seq=6',
      });
    });
  });

  it('is granted as deliveries are acknowledged, by a consumer that takes its time', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier();
      const channel = mux.open('', { highWaterMark: 4 });
      const work$ = timer(5);
      channel.deliveries$.pipe(concatMap(({ ack }) => work$.pipe(finalize(ack)))).subscribe();
      peerSays(carrier, cold(' -hab----------'), {
        ...opened,
        a: [peer.data(0, 2, 'ab')],
        b: [peer.data(0, 4, 'cd')],
      });
      const expected = '       o------s----t--';
      expectObservable(weSay(carrier)).toBe(expected, {
        o: 'HANDSHAKE 0 free=4 ""',
        s: 'STATUS 0 free=2 seq=4',
        t: 'STATUS 0 free=4 seq=4',
      });
    });
  });
});

describe('keep-alive', () => {
  it('ticks, and is skipped while the carrier is full', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({ keepAlive: 4 });
      carrierTakes(carrier, cold(' -----0---1---------'));
      const expected = '           ----k-------k---k--';
      expectObservable(weSay(carrier)).toBe(expected, { k: 'KEEP_ALIVE' });
      cold('                     ------------------x').subscribe(() => {
        mux.destroy();
      });
    });
  });

  it('stops when the mux has ended its carrier', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({ keepAlive: 4 });
      cold('                     ------x').subscribe(() => void mux.close());
      expectObservable(weSay(carrier)).toBe('----k', { k: 'KEEP_ALIVE' });
    });
  });

  it('of the peer is seen, and missed in time', () => {
    marbles(({ cold, expectObservable }) => {
      const { carrier, mux } = muxOnTestCarrier({ keepAliveTimeout: 5 });
      peerSays(carrier, cold('             --k---k-----------'), { k: [peer.keepAlive()] });
      expectObservable(mux.keepAlive$).toBe('--k---k----|', { k: undefined });
      expectObservable(mux.channels$.pipe(mergeMap(() => []))).toBe(
        '                                  -----------#',
        undefined,
        expect.objectContaining({
          code: 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT',
          message: 'nothing came from the peer for 5 ms',
        }),
      );
    });
  });
});
