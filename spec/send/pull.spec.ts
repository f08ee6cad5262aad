import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import {
  config,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  type ObservableInput,
  Subscription,
  timer,
} from 'rxjs';
import { type Channel, send } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';
import { connected } from '../support/connected.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { opened, settled } from './support.js';

const error = new Error('of the source');
const DONE = { done: true, value: undefined } as const;

/** What comes too late, as RxJS tells it. */
function tooLate(): unknown[] {
  const heard: unknown[] = [];
  config.onStoppedNotification = (notification) => {
    heard.push('error' in notification ? notification.error : notification);
  };
  return heard;
}

afterEach(() => {
  config.onStoppedNotification = null;
});

describe('a pulled source', () => {
  /** Values of these lengths, with a note of what was pulled and was in the queue before. */
  function* lengths(all: Iterable<number>, onPull: (length: number) => void): Generator<string, void> {
    for (const length of all) {
      onPull(length);
      yield 'x'.repeat(length);
    }
  }

  async function* fromSync(values: Iterable<string>): AsyncGenerator<string, void> {
    yield* values;
  }

  const asKinds: Record<string, (values: Generator<string, void>) => ObservableInput<string>> = {
    iterable: (values) => values,
    'async iterable': fromSync,
    stream: (values) =>
      new ReadableStream<string>(
        {
          pull(controller) {
            const next = values.next();
            if (next.done === true) {
              controller.close();
            } else {
              controller.enqueue(next.value);
            }
          },
        },
        { highWaterMark: 0 },
      ),
  };

  it.each(Object.entries(asKinds))(
    'is never ahead by more than highWaterMark and a value: %s',
    async (_, sourceOf) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 }),
          fc.integer({ min: 1, max: 500 }),
          fc.infiniteStream(fc.integer({ min: 1, max: 400 })),
          async (sizes, highWaterMark, grants) => {
            const { carrier, mux, channel } = await opened();
            let [pulled, isOver] = [0, false];
            const tooEarly: number[] = [];
            const given$ = sourceOf(
              lengths(sizes, (length) => {
                if (channel.bufferedAmount >= highWaterMark) {
                  tooEarly.push(channel.bufferedAmount);
                }
                pulled += length;
              }),
            );
            const total = sizes.reduce((sum, length) => sum + length, 0);
            send(given$, channel, { highWaterMark }).subscribe({ complete: () => (isOver = true) });
            let granted = 100;
            await settled();
            while (!isOver) {
              const reached = Math.min(total, granted);
              expect(channel.bufferedAmount).toBeLessThan(highWaterMark + 300);
              const grant = grants.next().value as number;
              carrier.receive(wire.status(0, grant, reached));
              granted = reached + grant;
              await settled();
            }
            expect(tooEarly).toEqual([]);
            expect(pulled).toBe(total);
            mux.destroy();
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it.each(Object.entries(asKinds))(
    'keeps to the sendHighWaterMark of its channel: %s',
    async (_, sourceOf) => {
      const { channel } = await opened({ sendHighWaterMark: 250 });
      let pulled = 0;
      const subscription = send(
        sourceOf(lengths(Array<number>(100).fill(100), () => (pulled += 1))),
        channel,
      ).subscribe();
      await settled();
      expect([pulled, channel.bufferedAmount]).toEqual([4, 300]);
      subscription.unsubscribe();
    },
  );

  it.each([
    ['an iterable', 1000, 20_000],
    ['an iterable of nothing', 0, 20_000],
    ['an iterable of what is large', 100_000, 300],
    ['an async iterable', 1000, 20_000],
  ])(
    'that has no end does not keep the process to itself, whatever the peer takes: %s',
    async (kind, length, values) => {
      const { carrier, mux, channel } = await opened();
      carrier.written$.subscribe((messages) => {
        const seq = /seq=(\d+)/.exec(messages.findLast((message) => message.startsWith('DATA')) ?? '')?.[1];
        if (seq !== undefined) {
          carrier.receive(wire.status(0, 1_000_000, Number(seq)));
        }
      });
      let pulled = 0;
      const endless = (function* () {
        for (;;) {
          pulled += 1;
          yield 'x'.repeat(length);
        }
      })();
      const given = kind === 'an async iterable' ? fromSync(endless) : endless;
      const subscription = send(given, channel).subscribe();
      let longest = 0;
      while (pulled < values) {
        const from = pulled;
        await new Promise((resolve) => setTimeout(resolve)); // would never come
        longest = Math.max(longest, pulled - from);
      }
      expect(longest * length).toBeLessThan(50e6);
      subscription.unsubscribe();
      await settled();
      const before = pulled;
      await timers();
      expect(pulled).toBe(before);
      mux.destroy();
    },
  );

  it.each(Object.entries({ iterable: asKinds['iterable'], 'async iterable': fromSync }))(
    'that takes its time for each value does not keep the process to itself: %s',
    async (_, sourceOf) => {
      const { mux, channel } = await opened();
      let [time, pulled] = [Date.now(), 0];
      const clock = jest.spyOn(Date, 'now').mockImplementation(() => time);
      const costly = lengths(Array<number>(1000).fill(1), () => {
        time += pulled === 0 ? -3_600_000 : 9; // first of all the clock of the system is put back
        pulled += 1;
      });
      const subscription = send(sourceOf?.(costly) ?? [], channel).subscribe();
      for (let i = 0; i < 10_000; i += 1) {
        await Promise.resolve(); // no timer fires meanwhile
      }
      expect(pulled).toBe(7); // 54 ms of work
      await timers();
      expect(pulled).toBeGreaterThan(6);
      subscription.unsubscribe();
      const before = pulled;
      await timers();
      expect(pulled).toBe(before);
      clock.mockRestore();
      mux.destroy();
    },
  );
});

describe('a Node stream', () => {
  it.each([
    ['it waits for data', 0],
    ['there is no room', 120],
  ])('is destroyed at once when it is let go, where %s', async (_, waiting) => {
    const { channel } = await opened({ sendHighWaterMark: 10 });
    channel.outbound$.next('x'.repeat(waiting));
    const stream = new PassThrough();
    const subscription = send(stream, channel).subscribe();
    await settled();
    expect(stream.destroyed).toBe(false);
    subscription.unsubscribe();
    expect(stream.destroyed).toBe(true);
  });

  it('is destroyed where the channel has ended before, since it may be an open file', async () => {
    const { channel } = await opened();
    channel.destroy();
    const stream = new PassThrough();
    expect(listen(send(stream, channel))).toEqual(['complete']);
    expect(stream.destroyed).toBe(true);
  });

  it('that fails while there is no room ends nothing but the sending, once there is', async () => {
    const { carrier, channel } = await opened({ sendHighWaterMark: 10 });
    channel.outbound$.next('x'.repeat(120));
    const stream = new PassThrough();
    const heard = listen(send(stream, channel));
    stream.destroy(error);
    await settled();
    expect(heard).toEqual([]);
    carrier.receive(wire.status(0, 100, 100));
    await settled();
    expect(heard).toEqual([error]);
  });

  it.each([
    ['the channel has ended before', true],
    ['it is unsubscribed while there is no room', false],
  ])('that fails behind that is let go of, where %s: RxJS tells of it', async (_, hasEnded) => {
    const late = new Promise((resolve) => {
      config.onStoppedNotification = resolve;
    });
    const { channel } = await opened({ sendHighWaterMark: 10 });
    channel.outbound$.next('x'.repeat(120));
    if (hasEnded) {
      channel.destroy();
    }
    const stream = new PassThrough({
      destroy: (_error, done) => {
        done(error); // as a file that is not there
      },
    });
    send(stream, channel).subscribe().unsubscribe();
    expect(await late).toMatchObject({ kind: 'E', error });
  });

  it.each([
    ['cannot be destroyed', {}],
    ['tells of no errors', { destroy: () => undefined }],
  ])('that %s is no more than an async iterable, and is returned', async (_, methods) => {
    const { channel } = await opened();
    const back = jest.fn(async () => DONE);
    const next = (): Promise<never> => new Promise(() => undefined);
    const values: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next, return: back }) };
    send(Object.assign(values, { pipe: () => undefined }, methods), channel)
      .subscribe()
      .unsubscribe();
    expect(back).toHaveBeenCalledTimes(1);
  });
});

describe('an iterator', () => {
  it('must be one', async () => {
    const { channel } = await opened();
    const source = { [Symbol.iterator]: () => undefined as unknown as Iterator<string> };
    expect(listen(send(source, channel))).toEqual([
      new TypeError('what an iterable gives must be an iterator, got undefined'),
    ]);
  });

  it('is not let go when it has ended or failed by itself', async () => {
    const { channel } = await opened();
    const back = jest.fn();
    send({ [Symbol.iterator]: () => ({ next: () => DONE, return: back }) }, channel).subscribe();
    const { channel: other } = await opened();
    const error = new Error('of the iterator');
    const next = (): never => {
      throw error;
    };
    expect(listen(send({ [Symbol.iterator]: () => ({ next, return: back }) }, other))).toEqual([error]);
    await settled();
    expect(back).not.toHaveBeenCalled();
  });

  it('may be without return', async () => {
    const late = tooLate();
    const { channel } = await opened({ sendHighWaterMark: 1 });
    const values = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 'x' }) }) };
    send(values, channel).subscribe().unsubscribe();
    await settled();
    expect(late).toEqual([]);
  });

  it.each([
    ['throws', () => error],
    ['rejects', () => error],
  ])('that %s when it is let go is done with, and RxJS tells of it', async (how) => {
    const late = tooLate();
    const { carrier, channel } = await opened({ sendHighWaterMark: 1 });
    let times = 0;
    const values = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: (): Promise<never> => {
          times += 1;
          if (how === 'rejects') {
            return Promise.reject(error);
          }
          throw error;
        },
      }),
    };
    const subscription = send(values, channel).subscribe();
    subscription.unsubscribe();
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    await timers();
    expect([times, late]).toEqual([1, [error]]);
  });

  it('whose opening fails is a source that fails', async () => {
    const { carrier, channel } = await opened();
    const open = (): never => {
      throw error;
    };
    expect(listen(send({ [Symbol.iterator]: open }, channel))).toEqual([error]);
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
  });

  it('that gives no results is a source that fails', async () => {
    const { channel } = await opened();
    const back = jest.fn();
    const values = { [Symbol.iterator]: () => ({ next: () => undefined as never, return: back }) };
    expect(listen(send(values, channel))).toEqual([expect.any(TypeError)]);
    const { channel: other } = await opened();
    const promised = { [Symbol.asyncIterator]: () => ({ next: async () => undefined as never }) };
    const heard = listen(send(promised, other));
    await settled();
    expect(heard).toEqual([expect.any(TypeError)]);
  });

  it('whose promise is rejected after it was let go is done with, and RxJS tells of it', async () => {
    const late = tooLate();
    const { channel } = await opened();
    let fail = (_: unknown): void => undefined;
    const values = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<never>((_, reject) => {
            fail = reject;
          }),
      }),
    };
    send(values, channel).subscribe().unsubscribe();
    fail(error);
    await timers();
    expect(late).toEqual([error]);
  });

  it('whose value comes after it was let go has given it in vain', async () => {
    const { carrier, channel } = await opened();
    let give = (_: IteratorResult<string>): void => undefined;
    let pulls = 0;
    const values = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<string>>((resolve) => {
            pulls += 1;
            give = resolve;
          }),
      }),
    };
    send(values, channel).subscribe().unsubscribe();
    give({ done: false, value: 'late' });
    expect(await carrier.hears()).toEqual(['ERROR_END 0']);
    expect(pulls).toBe(1);
  });

  describe('that ends what it is sent by, from inside,', () => {
    /** Is let go by what it does itself at its first `next`. */
    async function endedInside(
      act: (channel: Channel, subscription: Subscription) => IteratorResult<string>,
    ) {
      const late = tooLate();
      const { carrier, channel } = await opened();
      const subscription = new Subscription();
      const calls: string[] = [];
      const values = {
        [Symbol.iterator]: () => ({
          next: () => {
            calls.push('next');
            try {
              return act(channel, subscription);
            } finally {
              calls.push('next over');
            }
          },
          return: () => {
            calls.push('return');
            return DONE;
          },
        }),
      };
      await settled();
      channel.outbound$.next('x'.repeat(150)); // no room yet
      subscription.add(send(values, channel, { highWaterMark: 20 }).subscribe({ error: () => undefined }));
      await settled();
      carrier.receive(wire.status(0, 100, 100));
      await timers();
      return { calls, late, said: await carrier.hears() };
    }

    it('is let go when it has come to the end of that', async () => {
      const { calls, said } = await endedInside((_, subscription) => {
        subscription.unsubscribe();
        return { done: false, value: 'in vain' };
      });
      expect(calls).toEqual(['next', 'next over', 'return']);
      expect(said.at(-1)).toBe('ERROR_END 0');
      expect(said.join()).not.toContain('in vain');
    });

    it('the same, by ending the channel', async () => {
      const { calls, said } = await endedInside((channel) => {
        channel.outbound$.complete();
        return { done: false, value: 'in vain' };
      });
      expect(calls).toEqual(['next', 'next over', 'return']);
      expect(said.at(-1)).toBe('END 0');
    });

    it('is not, where that was its end', async () => {
      const { calls } = await endedInside((_, subscription) => {
        subscription.unsubscribe();
        return DONE;
      });
      expect(calls).toEqual(['next', 'next over']);
    });

    it('is not, where it fails: RxJS tells of it', async () => {
      const { calls, late } = await endedInside((_, subscription) => {
        subscription.unsubscribe();
        throw error;
      });
      expect(calls).toEqual(['next', 'next over']);
      expect(late).toEqual([error]);
    });

    it('is let go where it has only begun', async () => {
      const { carrier, channel } = await opened();
      channel.outbound$.next('x'.repeat(150));
      await turn();
      const calls: string[] = [];
      const values = {
        [Symbol.iterator]: () => {
          carrier.receive(wire.status(0, 100, 100)); // bytes leave, and it is too early to ask for more
          expect(channel.bufferedAmount).toBe(0);
          channel.outbound$.complete();
          return {
            next: () => {
              calls.push('next');
              return DONE;
            },
            return: () => {
              calls.push('return');
              return DONE;
            },
          };
        },
      };
      expect(listen(send(values, channel))).toEqual(['complete']);
      expect(calls).toEqual(['return']);
    });

    it('is let go at once where it promises a value', async () => {
      const { channel } = await opened();
      const calls: string[] = [];
      const values = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            calls.push('next');
            channel.outbound$.complete();
            return { done: false, value: 'in vain' };
          },
          return: async () => {
            calls.push('return');
            return DONE;
          },
        }),
      };
      expect(listen(send(values, channel))).toEqual(['complete']);
      expect(calls).toEqual(['next', 'return']);
      await settled();
      expect(calls).toEqual(['next', 'return']);
    });

    it('as a generator, runs its finally', async () => {
      const { channel } = await opened();
      const calls: string[] = [];
      const values = (function* () {
        try {
          channel.outbound$.complete();
          yield 'in vain';
          calls.push('went on');
        } finally {
          calls.push('finally');
        }
      })();
      expect(listen(send(values, channel))).toEqual(['complete']);
      expect(calls).toEqual(['finally']);
    });
  });

  it('stops where who sees its value ends the channel', async () => {
    const { carrier, channel } = await opened();
    let isLetGo = false;
    const values = (function* () {
      try {
        yield 'first';
        yield 'second';
      } finally {
        isLetGo = true;
      }
    })();
    channel.outbound$.subscribe(() => {
      channel.outbound$.complete();
    });
    expect(listen(send(values, channel))).toEqual(['complete']);
    expect(isLetGo).toBe(true);
    expect(await carrier.hears()).toEqual(['DATA 0 seq=5 "first"', 'END 0']);
  });
});

describe('a stream', () => {
  it('is free again when it has ended, failed or been let go', async () => {
    const sources = {
      ended: new ReadableStream<string>({
        start(controller) {
          controller.close();
        },
      }),
      failed: new ReadableStream<string>({
        start(controller) {
          controller.error(error);
        },
      }),
      open: new ReadableStream<string>(),
    };
    for (const source of Object.values(sources)) {
      const { channel } = await opened();
      const subscription = send(source, channel).subscribe({ error: () => undefined });
      expect(source.locked).toBe(true);
      await settled();
      subscription.unsubscribe();
      expect(source.locked).toBe(false);
    }
  });

  it('that somebody reads already is a source that fails', async () => {
    const { channel } = await opened();
    const source = new ReadableStream<string>();
    source.getReader();
    expect(listen(send(source, channel))).toEqual([expect.objectContaining({ name: 'TypeError' })]);
  });

  it('may have a reader that cannot be cancelled', async () => {
    const { channel } = await opened();
    const releaseLock = jest.fn();
    const source = {
      getReader: () => ({ read: () => new Promise<never>(() => undefined), releaseLock }),
    };
    send(source, channel).subscribe().unsubscribe();
    expect(releaseLock).toHaveBeenCalledTimes(1);
  });
});

it('tells the peer of a channel that it is not read, where the channel that it is sent to has ended before', async () => {
  const [from, to] = [muxPair(), muxPair()];
  const answers: Channel[] = [];
  from.far.channels$.subscribe((channel) => answers.push(channel));
  const channel = from.near.open();
  await firstValueFrom(channel.handshake$);
  const ended = to.near.open();
  ended.outbound$.complete();
  expect(listen(send(channel, ended))).toEqual(['complete']);
  await lastValueFrom(answers[0]?.stopped$ ?? NEVER, { defaultValue: undefined });
  for (const mux of [from.near, from.far, to.near, to.far]) {
    mux.destroy();
  }
});

it('handles the rejection of a promise, where the channel has ended before', async () => {
  const { channel } = await opened();
  channel.destroy();
  expect(listen(send(Promise.reject(new Error('too late')), channel))).toEqual(['complete']);
  await settled(); // where nobody handled it, the process would end here
});

it('sends a file, and a channel, from end to end', async () => {
  const { local, peer } = connected();
  const chunks: Buffer[] = [];
  const received = new Promise<void>((resolve) => {
    peer.channels$.subscribe((channel) => {
      send(channel, peer.open('back again')).subscribe();
    });
    local.channels$.subscribe(({ inbound$ }) => {
      inbound$.subscribe({ next: (chunk) => chunks.push(chunk), complete: resolve });
    });
  });
  send(createReadStream(__filename), local.open()).subscribe();
  await received;
  const { readFileSync } = await import('node:fs');
  expect(Buffer.concat(chunks).equals(readFileSync(__filename))).toBe(true);
});

/** Timers that are due have fired: RxJS tells of what comes too late in one. */
const timers = async (): Promise<void> => {
  await nextTurn();
  await new Promise<void>((resolve) => {
    timer(1).subscribe(() => {
      resolve();
    });
  });
  await nextTurn();
};
