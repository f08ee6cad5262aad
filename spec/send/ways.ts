import type { Observable, Subscription } from 'rxjs';
import { type Channel, type Mux, PeerError, StoppedError } from '../../src/index.js';
import type { TestCarrier } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';
import { kinds } from './sources.js';

/** A source that is being sent to channel 0. */
export interface Running {
  readonly carrier: TestCarrier;
  readonly mux: Mux;
  readonly channel: Channel;
  readonly subscription: Subscription;
}

export const error = new Error('broken');
const stopped = new StoppedError({ channelId: 0 });
export const peerError = new PeerError({ channelId: 0 });
const carrierEnded = expect.objectContaining({ code: 'ERR_RXMUX_CARRIER_ENDED' }) as unknown;

/** One way in which it may end. */
export interface Way {
  /** What ends it. */
  readonly way: string;
  readonly end: (running: Running) => void;
  /** What the result says. */
  readonly result: readonly unknown[];
  /** What the peer hears where nothing waits, and where bytes do. */
  readonly idle: readonly string[];
  readonly full: readonly string[];
  /** Where the source had ended before: whether what waits, and its END, are sent all the same. */
  readonly isSentAfterEnd: boolean;
}

const END = ['END 0'];
const ERROR_END = ['ERROR_END 0'];

export const ways: readonly Way[] = [
  {
    way: 'it is unsubscribed',
    end: ({ subscription }) => {
      subscription.unsubscribe();
    },
    result: [],
    idle: ERROR_END,
    full: ERROR_END,
    isSentAfterEnd: false,
  },
  {
    way: 'somebody else completes outbound$',
    end: ({ channel }) => {
      channel.outbound$.complete();
    },
    result: ['complete'],
    idle: END,
    full: [],
    isSentAfterEnd: true,
  },
  {
    way: 'somebody else errors outbound$',
    end: ({ channel }) => {
      channel.outbound$.error(error);
    },
    result: [error],
    idle: ERROR_END,
    full: [],
    isSentAfterEnd: true,
  },
  {
    way: 'the peer stops it',
    end: ({ channel }) => {
      channel.destroy(stopped);
    },
    result: ['complete'],
    idle: ERROR_END,
    full: ERROR_END,
    isSentAfterEnd: false,
  },
  {
    way: 'the channel is destroyed',
    end: ({ channel }) => {
      channel.destroy();
    },
    result: ['complete'],
    idle: END,
    full: [],
    isSentAfterEnd: true,
  },
  {
    way: 'the channel is destroyed with an error',
    end: ({ channel }) => {
      channel.destroy(error);
    },
    result: [error],
    idle: ERROR_END,
    full: ERROR_END,
    isSentAfterEnd: false,
  },
  {
    way: "the peer's half fails",
    end: ({ carrier }) => {
      carrier.receive(wire.errorEnd(0));
    },
    result: [peerError],
    idle: ERROR_END,
    full: ERROR_END,
    isSentAfterEnd: false,
  },
  {
    way: 'the mux is destroyed',
    end: ({ mux }) => {
      mux.destroy(error);
    },
    result: [error],
    idle: [],
    full: [],
    isSentAfterEnd: false,
  },
  {
    way: 'the carrier ends',
    end: ({ carrier }) => {
      carrier.inbound$.complete();
    },
    result: [carrierEnded],
    idle: [],
    full: [],
    isSentAfterEnd: false,
  },
];

/** Subscribes, and keeps what is heard. */
export function subscribe(result$: Observable<never>): { heard: unknown[]; subscription: Subscription } {
  const heard: unknown[] = [];
  const subscription = result$.subscribe({
    error: (reason: unknown) => heard.push(reason),
    complete: () => heard.push('complete'),
  });
  return { heard, subscription };
}

export const kindNames = Object.keys(kinds) as (keyof typeof kinds)[];
