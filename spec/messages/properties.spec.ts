import fc from 'fast-check';
import { firstValueFrom, take, toArray } from 'rxjs';
import { bytes, DecodeError, type Messages, MessageTooBigError, toMessages } from '../../src/messages.js';
import { connected } from '../support/connected.js';
import { turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { framed, opened } from './support.js';

const messagesOf = (maxLength: number) =>
  fc.array(fc.uint8Array({ maxLength, size: 'max' }), { maxLength: 12, size: 'max' });

/** Cuts bytes into pieces of these sizes, over and over. */
function cut(all: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length;) {
    const size = sizes[pieces.length % sizes.length] ?? 1;
    pieces.push(all.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 });

/** How a consumer takes messages: all of them, in the end. */
const consumers: Readonly<Record<string, (messages: Messages<Uint8Array>) => Promise<Uint8Array[]>>> = {
  inbound$: ({ inbound$ }) => firstValueFrom(inbound$.pipe(toArray())),
  'for await': async (messages) => {
    const values: Uint8Array[] = [];
    for await (const value of messages) {
      values.push(value);
    }
    return values;
  },
  'deliveries$, acknowledged later, in any order': async ({ deliveries$ }) => {
    const acks: (() => void)[] = [];
    const values: Uint8Array[] = [];
    await new Promise<void>((resolve, reject) => {
      deliveries$.subscribe({
        next: ({ value, ack }) => {
          values.push(value);
          acks.push(ack);
          setImmediate(() => acks.pop()?.());
        },
        error: reject,
        complete: resolve,
      });
    });
    return values;
  },
  'inbound$, some at a time': async ({ inbound$ }) => {
    const values: Uint8Array[] = [];
    for (let count = 1; ; count = (count % 3) + 1) {
      const some = await firstValueFrom(inbound$.pipe(take(count), toArray()));
      values.push(...some);
      if (some.length < count) {
        return values;
      }
    }
  },
};

describe('messages', () => {
  it('come as they were sent, wherever their bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(messagesOf(300), sizes, async (values, cuts) => {
        const { messages, receive, mux } = await opened(bytes());
        const heard: Uint8Array[] = [];
        messages.inbound$.subscribe({ next: (value) => heard.push(value), error: () => undefined });
        receive(...cut(framed(...values), cuts));
        expect(heard.map((value) => Buffer.from(value))).toEqual(values.map((value) => Buffer.from(value)));
        mux.destroy();
      }),
    );
  });

  describe.each(Object.entries(consumers))('taken by %s', (_, consume) => {
    it('come through any window, of one byte, too, in any pieces', async () => {
      await fc.assert(
        fc.asyncProperty(
          messagesOf(200),
          fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 300 })),
          fc.nat(20),
          async (values, window, maxWriteSize) => {
            const { local, peer } = connected(undefined, {
              peerChannelOptions: { highWaterMark: window, maxHighWaterMark: window },
            });
            const consumed = firstValueFrom(peer.channels$).then((channel) =>
              consume(toMessages(channel, bytes())),
            );
            const { outbound$ } = toMessages(local.open('', { maxWriteSize }), bytes());
            values.forEach((value) => {
              outbound$.next(value);
            });
            outbound$.complete();
            const got = await consumed;
            expect(got.map((value) => Buffer.from(value))).toEqual(values.map((value) => Buffer.from(value)));
            local.destroy();
          },
        ),
        { numRuns: 60 },
      );
    });
  });

  it('never keep more than the window and one message, whatever is acknowledged', async () => {
    await fc.assert(
      fc.asyncProperty(
        messagesOf(100),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.nat(5), { minLength: 1 }),
        async (values, window, pauses) => {
          const { local, peer } = connected(undefined, {
            peerChannelOptions: { highWaterMark: window, maxHighWaterMark: window },
          });
          const { outbound$, channel: sent } = toMessages(local.open(), bytes());
          let unacknowledged = 0;
          let largest = 0;
          const acks: (() => void)[] = [];
          const all = framed(...values).length;
          let dealtWith = 0;
          const over = firstValueFrom(peer.channels$).then(
            (channel) =>
              new Promise<void>((resolve) => {
                toMessages(channel, bytes()).deliveries$.subscribe({
                  next: ({ value, ack }) => {
                    unacknowledged += value.length + 4;
                    largest = Math.max(largest, value.length + 4);
                    acks.push(() => {
                      unacknowledged -= value.length + 4;
                      dealtWith += value.length + 4;
                      ack();
                    });
                    expect(unacknowledged).toBeLessThanOrEqual(window + largest);
                  },
                  complete: resolve,
                });
              }),
          );
          values.forEach((value) => {
            outbound$.next(value);
          });
          outbound$.complete();
          const progress: { isOver: boolean } = { isOver: false };
          void over.then(() => {
            progress.isOver = true;
          });
          for (let round = 0; !progress.isOver; round += 1) {
            for (let left = pauses[round % pauses.length] ?? 0; left >= 0; left -= 1) {
              await turn();
            }
            const arrived = all - sent.bufferedAmount;
            expect(arrived - dealtWith).toBeLessThanOrEqual(window + 104);
            acks.shift()?.();
          }
          local.destroy();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that end in the middle fail, wherever that is, after all that are complete', async () => {
    await fc.assert(
      fc.asyncProperty(messagesOf(20), sizes, fc.nat(), async (values, cuts, place) => {
        const { messages, channel, receive, mux, carrier } = await opened(bytes());
        const all = framed(...values);
        const end = all.length === 0 ? 0 : place % (all.length + 1);
        const heard: unknown[] = [];
        messages.inbound$.subscribe({
          next: (value) => heard.push(Buffer.from(value)),
          error: (error: unknown) => heard.push(error),
          complete: () => heard.push('complete'),
        });
        receive(...cut(all.subarray(0, end), cuts));
        carrier.receive(wire.end(0));
        const whole: Buffer[] = [];
        let at = 0;
        for (const value of values) {
          if (at + 4 + value.length > end) {
            break;
          }
          whole.push(Buffer.from(value));
          at += 4 + value.length;
        }
        expect(heard).toEqual([...whole, at === end ? 'complete' : expect.any(DecodeError)]);
        expect(channel.bufferedAmount).toBe(0);
        mux.destroy();
      }),
    );
  });

  it('of any bytes do no harm: they are messages, too big, or end in the middle', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), sizes, async (given, cuts) => {
        const { messages, receive, mux, carrier } = await opened(bytes(), { maxMessageSize: 300 });
        const end = new Promise<unknown>((resolve) => {
          messages.inbound$.subscribe({
            error: resolve,
            complete: () => {
              resolve(undefined);
            },
          });
        });
        receive(...cut(Buffer.from(given), cuts));
        carrier.receive(wire.end(0));
        const error = await end;
        expect(
          error === undefined || error instanceof DecodeError || error instanceof MessageTooBigError,
        ).toBe(true);
        mux.destroy();
      }),
    );
  });
});
