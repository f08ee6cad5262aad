import { map, mergeMap, of, Subject, takeUntil, timer } from 'rxjs';
import { OverflowError, send, sendTo, type SendOptions } from '../src/index.js';
import { muxPair, type MuxPairOptions } from '../src/testing.js';
import { marbles } from './support/flows.js';

/** A window of 4 bytes, which are consumed as they come, 2 ms away: 4 bytes leave in frame 4, 8, 12 …, after what the source gives then */
const SLOW: MuxPairOptions = {
  delay: 2,
  far: { maxBufferedBytes: 0, peerChannelOptions: { highWaterMark: 4 } },
};

const VALUES = { a: 'aaaa', b: 'bbbb', c: 'cccc', d: 'dddd', e: 'eeee', f: 'ffff' };

/** What a source in marbles, sent to such a peer, is there, and what the result says. */
function sent(
  source: string,
  options: SendOptions,
  expected: { result: string; received: string; source: string; error?: unknown; receivedError?: unknown },
): void {
  marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
    const { near, far } = muxPair({ scheduler, ...SLOW });
    const received$ = far.channels$.pipe(
      mergeMap(({ inbound$ }) => inbound$),
      map((chunk) => chunk.toString()),
    );
    const source$ = cold(source, VALUES);
    const sending$ = source$.pipe(sendTo(near.open(), options));
    expectObservable(received$).toBe(expected.received, VALUES, expected.receivedError);
    expectObservable(sending$).toBe(expected.result, undefined, expected.error);
    expectSubscriptions(source$.subscriptions).toBe(expected.source);
  });
}

const peerError = expect.objectContaining({ code: 'ERR_RXMUX_PEER' }) as unknown;

describe('send, of values that come faster than they leave,', () => {
  it("with overflow 'buffer' sends all of them, and completes when END has left", () => {
    sent(
      '             abcd|',
      { highWaterMark: 4 },
      {
        source: '   ^---!',
        received: ' ------a---b---c---d',
        result: '   ----------------|',
      },
    );
  });

  it("with overflow 'buffer' fails when more than limit would wait", () => {
    sent(
      '             abcd|',
      { highWaterMark: 4, limit: 8 },
      {
        source: '   ^--!',
        received: ' -----#',
        result: '   ---#',
        error: new OverflowError(8, { channelId: 0 }),
        receivedError: peerError,
      },
    );
  });

  it("with overflow 'latest' sends the newest when there is room, and the last before END", () => {
    sent(
      '             abcdef---a--bc|',
      { overflow: 'latest', highWaterMark: 4 },
      {
        source: '   ^-------------!',
        received: ' ------a---e---f---b---c',
        result: '   --------------------|',
      },
    );
  });

  it("with overflow 'drop' sends those that find room", () => {
    sent(
      '             abcdef---a--bc|',
      { overflow: 'drop', highWaterMark: 4 },
      {
        source: '   ^-------------!',
        received: ' ------a---f---a---c',
        result: '   ----------------|',
      },
    );
  });

  it("with overflow 'error' fails at the first that finds none", () => {
    sent(
      '             a-----bc',
      { overflow: 'error', highWaterMark: 4 },
      {
        source: '   ^------!',
        received: ' ------a--#',
        result: '   -------#',
        error: new OverflowError(0, { channelId: 0 }),
        receivedError: peerError,
      },
    );
  });

  it('fails with its source, and the peer hears of it after all that came before', () => {
    sent(
      '             ab#',
      { highWaterMark: 4 },
      {
        source: '   ^-!',
        received: ' ------a---(b#)',
        result: '   --#',
        error: 'error',
        receivedError: peerError,
      },
    );
  });
});

describe('send', () => {
  /** The frames in which values are asked for. */
  function* counted(pulls$: Subject<string>, count: number): Generator<string> {
    for (let i = 0; i < count; i += 1) {
      pulls$.next('p');
      yield 'aaaa';
    }
  }

  it('pulls an iterable as bytes leave', () => {
    marbles(({ expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, ...SLOW });
      const received$ = far.channels$.pipe(
        mergeMap(({ inbound$ }) => inbound$),
        map((chunk) => chunk.toString()),
      );
      const pulls$ = new Subject<string>();
      const sending$ = send(counted(pulls$, 5), near.open(), { highWaterMark: 8 });
      expectObservable(pulls$).toBe('   (pp)p---p---p', { p: 'p' });
      expectObservable(received$).toBe(' ------a---a---a---a---a', VALUES);
      expectObservable(sending$).toBe('  --------------------|');
    });
  });

  it('lets go of its source, and tells the peer, when it is unsubscribed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const { near, far } = muxPair({ scheduler, ...SLOW });
      const received$ = far.channels$.pipe(
        mergeMap(({ inbound$ }) => inbound$),
        map((chunk) => chunk.toString()),
      );
      const source$ = cold('                 abc', VALUES);
      const sending$ = source$.pipe(sendTo(near.open()), takeUntil(timer(5)));
      expectObservable(received$).toBe('     ------a#', VALUES, peerError);
      expectObservable(sending$).toBe('      -----|');
      expectSubscriptions(source$.subscriptions).toBe('^----!');
    });
  });

  it('completes where somebody else completes outbound$, and lets go of its source', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const { near } = muxPair({ scheduler, ...SLOW });
      const channel = near.open();
      const source$ = cold('                 abc', VALUES);
      timer(5).subscribe(() => {
        channel.outbound$.complete();
      });
      expectObservable(source$.pipe(sendTo(channel))).toBe('-----|');
      expectSubscriptions(source$.subscriptions).toBe('     ^----!');
    });
  });

  it('fails, and tells the peer, where the peer’s half fails', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const { near, far } = muxPair({ scheduler, ...SLOW });
      far.channels$.subscribe(({ inbound$, outbound$ }) => {
        expectObservable(inbound$).toBe('    -----------#', undefined, peerError);
        cold('                               -----#').subscribe(outbound$); // in frame 7
      });
      const source$ = cold('                 -', VALUES);
      expectObservable(source$.pipe(sendTo(near.open()))).toBe('---------#', undefined, peerError);
      expectSubscriptions(source$.subscriptions).toBe('         ^--------!');
    });
  });

  it('fails where the line is cut', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }, scheduler) => {
      const { near, far, cut } = muxPair({ scheduler, ...SLOW });
      far.channels$.subscribe();
      timer(7).subscribe(() => {
        cut();
      });
      const source$ = cold('                 ab', VALUES);
      const ended = expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED' }) as unknown;
      expectObservable(source$.pipe(sendTo(near.open()))).toBe('-------#', undefined, ended);
      expectSubscriptions(source$.subscriptions).toBe('         ^------!');
    });
  });

  it('is cold', () => {
    marbles(({ expectObservable }, scheduler) => {
      const { near, far } = muxPair({ scheduler, ...SLOW });
      const received$ = far.channels$.pipe(
        mergeMap(({ inbound$ }) => inbound$),
        map((chunk) => chunk.toString()),
      );
      const sending$ = of('aaaa').pipe(sendTo(near.open()));
      expectObservable(received$).toBe('12ms a', VALUES);
      expectObservable(sending$, '10ms ^').toBe('10ms |');
    });
  });
});
