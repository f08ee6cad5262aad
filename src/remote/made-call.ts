import {
  noop,
  type Observable,
  type ObservableInput,
  type Observer,
  type Subscriber,
  Subscription,
} from 'rxjs';
import { hasCode } from '../brands.js';
import { type Adaptable, adaptable } from '../channel/adaptable.js';
import { MuxClosedError, type MuxErrorCode, type PeerError } from '../errors.js';
import type { AnyMux } from './any-mux.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { clockOf } from '../reactive/clock-of.js';
import { unread } from '../send/unread.js';
import { AnswerReading } from './answer-reading.js';
import type { CallMethod } from './call-header.js';
import { sendValues } from './call-target.js';
import type { CallerSettings } from './caller-settings.js';
import { isPromise } from './is-promise.js';
import { isStream } from './is-stream.js';
import { isRemoteError, RemoteError } from './remote-error.js';
import type { Taking } from './taking.js';

/** What `open` throws where a mux is over, or its peer accepts no more. */
const OVER: readonly MuxErrorCode[] = [
  'ERR_RXMUX_CLOSED',
  'ERR_RXMUX_CARRIER_ENDED',
  'ERR_RXMUX_CARRIER_FINISHED',
];

/** A call that a subscription has made: over one mux, or, where muxes come one after the other, over several in turn. */
export class MadeCall<I> implements Observer<I> {
  readonly #settings: CallerSettings;
  readonly #method: CallMethod;
  readonly #subscriber: Subscriber<I>;
  readonly #taking: Taking<I>;
  /** The message of the arguments. */
  readonly #arguments: Uint8Array;
  /** The argument that is a stream. */
  readonly #stream$: ObservableInput<unknown> | undefined;
  /** Lets go of it, until it has begun to be read. */
  #skip: (subscriber: Subscriber<never>) => void;
  #startedAt = 0;
  /** The mux that came last, and whether it was the last one; nothing of both where there is but one. */
  #latest: AnyMux | undefined;
  #isLast = false;
  /** What is under way, and over which mux; nothing while it waits for one. */
  #mux: AnyMux | undefined;
  #channel: Adaptable<unknown> | undefined;
  #sending = Subscription.EMPTY;
  /** What the argument that is a stream has failed with. */
  #argumentError: { readonly error: unknown } | undefined;
  #reading: AnswerReading<I> | undefined;

  constructor(
    settings: CallerSettings,
    method: CallMethod,
    args: readonly unknown[],
    subscriber: Subscriber<I>,
    taking: Taking<I>,
  ) {
    const last = args.at(-1);
    const hasStream = isStream(last);
    const values = hasStream ? args.slice(0, -1) : args;
    if (values.some(isStream)) {
      throw new TypeError(`only the last argument of ${method.name} can be a stream`);
    }
    this.#settings = settings;
    this.#method = method;
    this.#subscriber = subscriber;
    this.#taking = taking;
    this.#stream$ = hasStream ? (last as ObservableInput<unknown>) : undefined;
    this.#skip = unread(this.#stream$);
    subscriber.add(() => {
      this.#letGo();
      this.#skip(subscriber); // it may hold something, though there was no channel for it
    });
    this.#arguments = settings.codec.arguments(values, hasStream);
  }

  start(): void {
    const { deadline, scheduler, mux, muxes$ } = this.#settings;
    const subscriber = this.#subscriber;
    if (deadline !== false) {
      this.#startedAt = clockOf(scheduler).now();
      subscriber.add(
        backgroundTimer(deadline, scheduler).subscribe(() => {
          subscriber.error(new RemoteError('DEADLINE', `the call has taken longer than ${deadline} ms`));
        }),
      );
    }
    if (mux !== undefined) {
      this.#call(mux);
    }
    if (muxes$ !== undefined) {
      this.#follow(muxes$);
    }
  }

  // What comes.

  next(item: I): void {
    this.#subscriber.next(item);
  }

  error(error: unknown): void {
    const { muxes$, resubscribe } = this.#settings;
    const channel = this.#channel;
    const isLost = muxes$ !== undefined && channel?.isCut === true && !isRemoteError(error);
    try {
      // No handler was asked where it was turned away; but a stream has begun.
      const isUnheard = isLost && channel.isTurnedAway && this.#stream$ === undefined;
      if (isUnheard || (isLost && resubscribe(error, this.#method.name))) {
        this.#again(error);
      } else {
        this.#subscriber.error(withReason((this.#argumentError ?? { error }).error));
      }
    } catch (thrown) {
      this.#subscriber.error(thrown);
    }
  }

  complete(): void {
    this.#subscriber.complete();
  }

  // Where it goes.

  #follow(muxes$: Observable<AnyMux>): void {
    const subscriber = this.#subscriber;
    const noMore = (error: unknown): void => {
      this.#isLast = true;
      if (this.#mux === undefined) {
        subscriber.error(error);
      }
    };
    subscriber.add(
      muxes$.subscribe({
        next: (mux) => {
          this.#latest = mux;
          if (this.#mux === undefined) {
            this.#call(mux);
          }
        },
        error: noMore,
        complete: () => {
          noMore(new MuxClosedError({ message: 'there will be no connection' }));
        },
      }),
    );
  }

  #call(mux: AnyMux): void {
    const { muxes$, channel: options } = this.#settings;
    if (this.#isLeft()) {
      return; // it has failed with the mux before this one, or was left when it was asked whether to go on
    }
    let channel: Adaptable<unknown>;
    this.#mux = mux; // one that comes while `metadata` is asked is for later
    let header: Uint8Array | undefined;
    try {
      header = this.#header();
      channel = adaptable(mux.open(header, options));
    } catch (error) {
      // What `metadata` throws fails the call, whatever it is.
      if (header !== undefined && muxes$ !== undefined && hasCode(error, ...OVER)) {
        this.#again(error);
      } else {
        this.#subscriber.error(error);
      }
      return;
    }
    if (this.#isLeft()) {
      channel.destroy(); // it was left while the channel was opened
      return;
    }
    this.#channel = channel;
    channel.give(this.#arguments);
    this.#reading = new AnswerReading(channel, this.#settings, this.#taking, this);
    if (this.#stream$ === undefined) {
      channel.finish({});
    } else {
      this.#send(this.#stream$, channel);
    }
  }

  #isLeft(): boolean {
    return this.#subscriber.closed;
  }

  #header(): Uint8Array {
    const { codec, deadline, metadata, scheduler } = this.#settings;
    const left = deadline === false ? 0 : Math.max(1, deadline - clockOf(scheduler).now() + this.#startedAt);
    const given = metadata(this.#method.name);
    if (isPromise(given)) {
      throw new TypeError('options.metadata must return no promise');
    }
    return this.#method.header(left, codec.bytesOf(given));
  }

  #send(source: ObservableInput<unknown>, channel: Adaptable<unknown>): void {
    const settings = this.#settings;
    this.#skip = noop;
    this.#sending = sendValues(source, channel, settings, settings.shown).subscribe({
      error: (error: unknown) => {
        this.#argumentError = { error }; // what becomes of it says the far side
      },
    });
  }

  /** The mux has gone, or takes no more: over the next one. */
  #again(error: unknown): void {
    const lost = this.#mux;
    this.#letGo();
    this.#mux = undefined;
    if (this.#latest !== undefined && this.#latest !== lost) {
      this.#call(this.#latest);
    } else if (this.#isLast) {
      this.#subscriber.error(withReason(error));
    }
  }

  #letGo(): void {
    this.#sending.unsubscribe();
    this.#reading?.stop();
    this.#channel?.destroy();
    this.#channel = undefined;
    this.#argumentError = undefined;
  }
}

/** An error that the far side has given a reason for says that. */
function withReason(error: unknown): unknown {
  const { reason } = Object(error) as Partial<PeerError>;
  return reason !== undefined && hasCode(error, 'ERR_RXMUX_PEER')
    ? new RemoteError(reason.code, reason.message, undefined, { cause: error })
    : error;
}
