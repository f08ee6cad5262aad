import { config, map, Subject, tap } from 'rxjs';
import type { ChannelMessage, ReceivedMessage } from '../src/framing/message-reader.js';
import { type Receiver, routeTo } from '../src/mux/route-to.js';
import { MessageType } from '../src/protocol/message.js';
import { marbles } from './support/flows.js';

// In every diagram a letter is a message: a and A concern channel 0, b channel 1, c channel 2, k none.

const end = (channel: number): ReceivedMessage => ({ type: MessageType.end, channel });
const messages: Record<string, ReceivedMessage> = {
  a: end(0),
  A: { type: MessageType.handshake, channel: 0, free: 1, data: Buffer.alloc(0) },
  b: end(1),
  c: end(2),
  k: { type: MessageType.keepAlive },
};

/** A channel that shows what it has been given. */
class Shown implements Receiver {
  readonly received$ = new Subject<ReceivedMessage>();

  receive(message: ChannelMessage): void {
    this.received$.next(message);
  }
}

describe('routeTo', () => {
  it('hands each message to the channel of its number, and emits the others', () => {
    marbles(({ cold, expectObservable }) => {
      const channels = new Map([0, 1].map((number) => [number, new Shown()]));
      const source$ = cold('    --a-b-c-k-A-|', messages);
      expectObservable(channels.get(0)?.received$ ?? source$).toBe('--a-------A', messages);
      expectObservable(channels.get(1)?.received$ ?? source$).toBe('----b', messages);
      expectObservable(source$.pipe(routeTo(channels))).toBe('------c-k---|', messages);
    });
  });

  it('knows a channel from the message on after which it was added, and not any more after it was removed', () => {
    marbles(({ cold, expectObservable }) => {
      const channels = new Map<number, Shown>();
      const channel = new Shown();
      const source$ = cold('--c-c-c-|', messages).pipe(
        map((message, index) => {
          if (index === 2) {
            channels.delete(2);
          }
          return message;
        }),
      );
      expectObservable(channel.received$).toBe('----c', messages);
      const result$ = source$.pipe(
        routeTo(channels),
        tap(() => channels.set(2, channel)), // as a mux does for a channel that the message opens
      );
      expectObservable(result$).toBe('       --c---c-|', messages);
    });
  });

  it('errors with its source', () => {
    marbles(({ cold, expectObservable }) => {
      expectObservable(cold('--k-#', messages).pipe(routeTo(new Map()))).toBe('--k-#', messages);
    });
  });

  it('lets go of its source when it is unsubscribed from', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('--k-k-k', messages);
      expectObservable(source$.pipe(routeTo(new Map())), '---!').toBe('--k', messages);
      expectSubscriptions(source$.subscriptions).toBe('           ^--!');
    });
  });

  it('goes on where a channel throws, and reports what was thrown as RxJS reports it', async () => {
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const mistake = new Error('mistake');
    marbles(({ cold, expectObservable, flush }) => {
      const channels = new Map<number, Receiver>([
        [
          0,
          {
            receive: () => {
              throw mistake;
            },
          },
        ],
      ]);
      expectObservable(cold('a-k-|', messages).pipe(routeTo(channels))).toBe('--k-|', messages);
      flush();
    });
    config.onUnhandledError = null;
    await new Promise((resolve) => setTimeout(resolve));
    expect(reported).toEqual([mistake]);
  });
});
