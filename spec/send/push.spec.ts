import { config, filter, from, map, Observable, range, skip, Subject, take, tap } from 'rxjs';
import { type Channel, OverflowError, PeerError, send, type SendOptions, sendTo } from '../../src/index.js';
import { json, toMessages } from '../../src/messages.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import * as wire from '../support/wire.js';
import { opened, settled } from './support.js';

const error = new Error('of the source');

/** A Subject on its way to a channel that has taken 100 bytes, with 5 more in its queue, where there is room for 4. */
async function full(options: SendOptions) {
  const { carrier, mux, channel } = await opened();
  const source$ = new Subject<string | Uint8Array>();
  const heard = listen(send(source$, channel, { highWaterMark: 4, ...options }));
  source$.next('x'.repeat(105));
  expect(await carrier.hears()).toEqual(['DATA 0 seq=100 <100 bytes>']);
  /** The peer takes what was sent, and so many bytes more. */
  const grant = async (bytes: number, taken = 100): Promise<string[]> => {
    carrier.receive(wire.status(0, bytes, taken));
    return carrier.hears();
  };
  return { carrier, mux, channel, source$, heard, grant };
}

describe("an Observable, with overflow 'buffer',", () => {
  it('sends all, however little room there is', async () => {
    const { source$, heard, grant } = await full({});
    source$.next('one');
    source$.next('two');
    source$.complete();
    expect(await grant(100)).toEqual(['DATA 0 seq=111 "xxxxxonetwo"', 'END 0']);
    expect(heard).toEqual(['complete']);
  });

  it('keeps as many bytes as limit says, counted as UTF-8, beyond highWaterMark', async () => {
    const { source$, heard, channel } = await full({ limit: 7 }); // one of which waits already
    source$.next('äöü'); // six
    expect([heard, channel.bufferedAmount]).toEqual([[], 11]);
    source$.next(''); // is nothing
    expect(heard).toEqual([]);
    source$.next('!');
    expect(heard).toEqual([new OverflowError(7, { channelId: 0 })]);
    expect(source$.observed).toBe(false);
  });

  it('takes any value while there is room', async () => {
    const { channel } = await opened();
    const heard = listen(send(from(['x'.repeat(1000)]), channel, { highWaterMark: 1, limit: 0 }));
    expect([channel.bufferedAmount, heard]).toEqual([1000, []]);
  });

  it('drops all that waits when it is too much, and the peer hears of it at once', async () => {
    const { carrier, source$, channel } = await full({ limit: 10 });
    source$.next('12345678');
    source$.next('9');
    source$.next('0');
    expect(channel.bufferedAmount).toBe(0);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(listen(channel.outbound$)).toEqual([new OverflowError(10, { channelId: 0 })]);
  });

  it('is the default, with 16 MiB', async () => {
    const { channel } = await opened();
    const source$ = new Subject<Uint8Array>();
    const heard = listen(send(source$, channel));
    source$.next(Buffer.alloc(262_144));
    for (let mib = 0; mib < 16; mib += 1) {
      source$.next(Buffer.alloc(1_048_576));
    }
    expect(heard).toEqual([]);
    source$.next(Buffer.alloc(1));
    expect(heard).toEqual([new OverflowError(16_777_216, { channelId: 0 })]);
  });
});

describe("an Observable, with overflow 'latest',", () => {
  it('sends the newest value that came while there was no room, when there is', async () => {
    const { source$, channel, grant } = await full({ overflow: 'latest' });
    source$.next('old');
    source$.next('newer');
    source$.next('');
    source$.next('newest');
    source$.next(''); // is nothing, and so no news
    expect(channel.bufferedAmount).toBe(5);
    expect(await grant(100)).toEqual(['DATA 0 seq=105 "xxxxx"', 'DATA 0 seq=111 "newest"']);
    source$.next('now');
    expect(await grant(100, 111)).toEqual(['DATA 0 seq=114 "now"']);
  });

  it('keeps it while there is still no room', async () => {
    const { source$, channel, grant } = await full({ overflow: 'latest', highWaterMark: 2 });
    source$.next('newest');
    expect(await grant(2)).toEqual(['DATA 0 seq=102 "xx"']);
    expect(channel.bufferedAmount).toBe(3);
    expect(await grant(2, 102)).toEqual(['DATA 0 seq=104 "xx"']);
    expect(channel.bufferedAmount).toBe(7);
  });

  it('sends it before the end of the source', async () => {
    const { source$, heard, channel, grant } = await full({ overflow: 'latest' });
    source$.next('old');
    source$.next('newest');
    source$.complete();
    expect(channel.bufferedAmount).toBe(11);
    expect(await grant(100)).toEqual(['DATA 0 seq=111 "xxxxxnewest"', 'END 0']);
    expect(heard).toEqual(['complete']);
  });

  it.each([
    [
      'the source fails',
      (source$: Subject<unknown>) => {
        source$.error(error);
      },
      [error],
    ],
    [
      'it cannot be sent',
      (source$: Subject<unknown>) => {
        source$.next({});
      },
      [new TypeError('what is sent must be a Uint8Array or a string, got an object')],
    ],
  ])('sends it before the news that %s', async (_, fail, result) => {
    const { source$, heard, grant } = await full({ overflow: 'latest' });
    source$.next('newest');
    fail(source$ as Subject<unknown>);
    expect(heard).toEqual(result);
    expect(source$.observed).toBe(false);
    expect(await grant(100)).toEqual(['DATA 0 seq=111 "xxxxxnewest"', 'ERROR_END 0']);
  });

  it('forgets it where it is let go', async () => {
    const { source$, carrier, channel, heard } = await full({ overflow: 'latest' });
    source$.next('newest');
    carrier.receive(wire.errorEnd(0));
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect([channel.bufferedAmount, heard]).toEqual([0, [new PeerError({ channelId: 0 })]]);
  });

  it('does not send it after one that found room', async () => {
    const { source$, channel, carrier, grant } = await full({ overflow: 'latest', highWaterMark: 8 });
    source$.next('abc'); // 8
    source$.next('older');
    const seeing = channel.outbound$.subscribe(() => {
      seeing.unsubscribe();
      source$.next('newest');
    });
    expect(await grant(100)).toEqual(['DATA 0 seq=108 "xxxxxabc"', 'DATA 0 seq=119 "oldernewest"']);
    expect(await carrier.hears()).toEqual([]);
  });

  it('does not send it after what the source says when it hears first that there is room', async () => {
    const { carrier, channel } = await opened({ sendHighWaterMark: 4 });
    const source$ = new Subject<string>();
    channel.writable$.pipe(skip(2), filter(Boolean), take(1)).subscribe(() => {
      source$.next('newest');
    });
    send(source$, channel, { overflow: 'latest' }).subscribe();
    source$.next('x'.repeat(105));
    await carrier.hears();
    source$.next('old');
    carrier.receive(wire.status(0, 100, 100));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=105 "xxxxx"', 'DATA 0 seq=111 "newest"']);
  });
});

describe("an Observable, with overflow 'drop',", () => {
  it('sends what comes while there is room, and nothing else', async () => {
    const { source$, heard, grant } = await full({ overflow: 'drop' });
    source$.next('dropped');
    expect(await grant(100)).toEqual(['DATA 0 seq=105 "xxxxx"']);
    source$.next('sent');
    source$.next('dropped');
    source$.complete();
    expect(await grant(100, 105)).toEqual(['DATA 0 seq=109 "sent"', 'END 0']);
    expect(heard).toEqual(['complete']);
  });
});

describe("an Observable, with overflow 'error',", () => {
  it('fails at the first value for which there is no room', async () => {
    const { source$, carrier, heard } = await full({ overflow: 'error', limit: 1000 });
    source$.next(''); // is nothing
    expect(heard).toEqual([]);
    source$.next('!');
    expect(heard).toEqual([new OverflowError(0, { channelId: 0 })]);
    expect(source$.observed).toBe(false);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
  });
});

describe('an Observable', () => {
  it('that emits without end while it is subscribed to is stopped there', async () => {
    const { channel } = await opened();
    let emitted = 0;
    const source$ = range(0, Infinity).pipe(
      map(() => 'x'),
      tap(() => (emitted += 1)),
    );
    expect(listen(send(source$, channel, { overflow: 'error', highWaterMark: 10 }))).toEqual([
      expect.any(OverflowError),
    ]);
    expect(emitted).toBe(11);
  });

  it.each<[string, (channel: Channel) => void, unknown[]]>([
    [
      'ends the channel',
      (channel) => {
        channel.outbound$.complete();
      },
      ['complete'],
    ],
    [
      'destroys the channel',
      (channel) => {
        channel.destroy(error);
      },
      [error],
    ],
  ])('whose value %s, by way of who sees it, is let go', async (_, act, result) => {
    const { channel } = await opened();
    let emitted = 0;
    const source$ = range(0, Infinity).pipe(
      map((value) => `${value}`),
      tap(() => (emitted += 1)),
    );
    channel.outbound$.subscribe({
      next: () => {
        act(channel);
      },
      error: () => undefined,
    });
    expect(listen(send(source$, channel))).toEqual(result);
    expect(emitted).toBe(1);
  });

  it.each(['buffer', 'latest', 'drop', 'error'] as const)(
    "that is let go of by its own value, with overflow '%s', is sent no further",
    async (overflow) => {
      const { carrier, channel } = await opened();
      const messages = toMessages<unknown, unknown>(channel, json());
      const source$ = new Subject<unknown>();
      const sending = send(source$, messages, { overflow }).subscribe();
      source$.next({
        toJSON: () => {
          sending.unsubscribe();
          return 'what is left';
        },
      });
      expect(source$.observed).toBe(false);
      expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    },
  );

  it('that emits again, where it sees its value, keeps the order', async () => {
    const { carrier, channel } = await opened();
    const source$ = new Subject<string>();
    channel.outbound$.subscribe((value) => {
      if (value.toString() === 'first ') {
        source$.next('second ');
        source$.complete();
      }
    });
    const heard = listen(send(source$, channel));
    source$.next('first ');
    expect(await carrier.hears()).toEqual(['DATA 0 seq=13 "first second "', 'END 0']);
    expect(heard).toEqual(['complete']);
  });

  it.each<[string, (source$: Subject<unknown>, channel: Channel) => void]>([
    [
      'has completed, and whose last value ends the channel',
      (source$, channel) => {
        channel.outbound$.subscribe({
          next: () => {
            channel.destroy();
          },
          error: () => undefined,
        });
        source$.complete();
      },
    ],
    [
      'has failed',
      (source$) => {
        source$.error(error);
      },
    ],
  ])('that %s is not let go of, of which RxJS would tell', async (_, end) => {
    const late: unknown[] = [];
    const { channel, source$ } = await full({ overflow: 'latest' });
    source$.next('newest');
    config.onStoppedNotification = (notification) => late.push(notification);
    end(source$ as Subject<unknown>, channel);
    await new Promise((resolve) => setTimeout(resolve)); // as RxJS tells of it
    config.onStoppedNotification = null;
    expect(late).toEqual([]);
  });

  it('that fails to let go is done with, and RxJS tells of it', async () => {
    const late: unknown[] = [];
    config.onStoppedNotification = (notification) => late.push(notification);
    const { carrier, channel } = await opened();
    const source$ = new Observable<string>(() => () => {
      throw error;
    });
    send(source$, channel).subscribe().unsubscribe();
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    await new Promise((resolve) => setTimeout(resolve));
    config.onStoppedNotification = null;
    expect(late).toContainEqual(
      expect.objectContaining({ kind: 'E', error: expect.objectContaining({ errors: [error] }) as unknown }),
    );
  });

  it('can be sent by an operator, once per subscription', async () => {
    const { local, peer } = connected();
    const texts: string[] = [];
    peer.channels$.subscribe(({ inbound$ }) => inbound$.subscribe((chunk) => texts.push(String(chunk))));
    const channel = local.open();
    const sending$ = from(['a', 'b']).pipe(sendTo(channel));
    await settled();
    expect(texts).toEqual([]); // cold
    const first = listen(sending$);
    await settled();
    expect([texts, first]).toEqual([['ab'], ['complete']]);
    expect(listen(sending$)).toEqual(['complete']); // there is nothing to be sent any more
  });
});
