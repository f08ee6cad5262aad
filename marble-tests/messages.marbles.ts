import {
  concat,
  concatMap,
  ignoreElements,
  map,
  mergeMap,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import { type Channel, send, sendTo } from '../src/index.js';
import { type Messages, text, toMessages } from '../src/messages.js';
import { muxPair, type MuxPair } from '../src/testing.js';
import { marbles } from './support/flows.js';

/** 1 ms apart; each channel has a window of `window` bytes. A message of 2 bytes has 6 with its length. */
const pairOf = (scheduler: SchedulerLike, window = 12): MuxPair =>
  muxPair({
    scheduler,
    delay: 1,
    far: { maxBufferedBytes: 0, peerChannelOptions: { highWaterMark: window } },
  });

/** The messages of the channels that come, taken as `take` does. */
function taken(
  { far }: MuxPair,
  take: (messages: Messages<string>) => Observable<string>,
): Observable<string> {
  return far.channels$.pipe(mergeMap((channel) => take(toMessages(channel, text()))));
}

const sendAll = (channel: Channel, ...values: readonly string[]): void => {
  const { outbound$ } = toMessages(channel, text());
  values.forEach((value) => {
    outbound$.next(value);
  });
};

const VALUES = { a: 'aa', b: 'bb', c: 'cc', d: 'dd', e: 'ee', f: 'ff', x: 'xx', y: 'yy', z: 'zz' };

/** A consumer that takes messages as they come. */
function inbound({ inbound$ }: Messages<string>): Observable<string> {
  return inbound$;
}

/** A consumer that takes `ms` for each message, one at a time. */
function slowly(ms: number): (messages: Messages<string>) => Observable<string> {
  return ({ deliveries$ }) =>
    deliveries$.pipe(
      concatMap(({ value, ack }) =>
        timer(ms).pipe(
          map(() => value),
          tap(ack),
        ),
      ),
    );
}

describe('credit by message', () => {
  it('is granted when next has returned', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler, 6);
      sendAll(pair.near.open(), 'aa', 'bb', 'cc', 'dd', 'ee', 'ff');
      expectObservable(taken(pair, inbound)).toBe('---a-b-c-d-e-f', VALUES);
    });
  });

  it('is granted when a message is acknowledged: one for one', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      sendAll(pair.near.open(), 'aa', 'bb', 'cc', 'dd');
      const delivered$ = taken(pair, ({ deliveries$ }) =>
        deliveries$.pipe(
          mergeMap(({ value, ack }) => concat(of(value), timer(10).pipe(tap(ack), ignoreElements()))),
        ),
      );
      expectObservable(delivered$).toBe('---(ab) 8ms (cd)', VALUES);
    });
  });

  it('is not granted while a slow consumer has not dealt with its messages', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      sendAll(pair.near.open(), 'aa', 'bb', 'cc', 'dd');
      expectObservable(taken(pair, slowly(10))).toBe('13ms a 9ms b 9ms c 9ms d', VALUES);
    });
  });

  it('of a slow channel does not hold up another', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler, 6);
      const consumers = [slowly(20), inbound];
      const received$ = pair.far.channels$.pipe(
        mergeMap((channel, index) => (consumers[index] ?? inbound)(toMessages(channel, text()))),
      );
      sendAll(pair.near.open(), 'aa', 'bb', 'cc');
      sendAll(pair.near.open(), 'xx', 'yy', 'zz');
      expectObservable(received$).toBe('---x-y-z 15ms a 21ms b 21ms c', VALUES);
    });
  });

  it('is not granted for messages that nobody has asked for', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      sendAll(pair.near.open(), 'aa', 'bb', 'cc', 'dd');
      const oneInTen$ = taken(pair, ({ inbound$ }) => inbound$.pipe(take(1), repeat({ delay: 10 })));
      expectObservable(oneInTen$, '40ms !').toBe('---a 9ms b 9ms c 9ms d', VALUES);
    });
  });

  it('of a message larger than the window is granted as its parts come', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      sendAll(pair.near.open(), 'x'.repeat(56)); // 60 bytes: five windows
      const sizes$ = taken(pair, inbound).pipe(map(({ length }) => length));
      expectObservable(sizes$).toBe('-----------x', { x: 56 });
    });
  });
});

describe('send, of messages,', () => {
  it("with 'latest' sends a slow consumer the newest only", () => {
    marbles(({ cold, expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      const messages = toMessages(pair.near.open(), text());
      const sending$ = cold('-----abcdef|', VALUES).pipe(
        sendTo(messages, { overflow: 'latest', highWaterMark: 1 }),
      );
      expectObservable(sending$).toBe('27ms |');
      expectObservable(taken(pair, slowly(10))).toBe('16ms a 9ms b 9ms c 9ms f', VALUES);
    });
  });

  it('pulls an iterable one message beyond the high-water mark, and no further', () => {
    marbles(({ expectObservable }, scheduler) => {
      const pair = pairOf(scheduler);
      const messages = toMessages(pair.near.open(), text());
      const pulled$ = new Subject<string>();
      function* source(): Generator<string> {
        for (const value of ['aa', 'bb', 'cc', 'dd', 'ee']) {
          pulled$.next(value);
          yield value;
        }
      }
      expectObservable(taken(pair, slowly(10))).toBe('16ms a 9ms b 9ms c 9ms d 9ms e', VALUES);
      expectObservable(pulled$).toBe('-----(abc) 7ms d 9ms e', VALUES);
      const sending$ = timer(5).pipe(mergeMap(() => send(source(), messages, { highWaterMark: 1 })));
      expectObservable(sending$).toBe('37ms |');
    });
  });
});
