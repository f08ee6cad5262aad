import type { Subscriber } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import { hasCode } from '../brands.js';
import { MuxClosedError, OverflowError } from '../errors.js';
import type { Feed, Intake } from './feed.js';
import type { Target, TargetListener } from './target.js';

/** One subscription to what `send` returns: a source on its way to its target, and how each of the three ends the others. */
export class Sending<T> implements Intake<T>, TargetListener {
  readonly encode: (value: T) => Uint8Array;
  /** Nothing once it is over: a source that has been asked for a value keeps this until it gives one, which may be never. */
  #target: Target<T> | undefined;
  readonly #channelId: number;
  readonly #highWaterMark: number;
  readonly #subscriber: Subscriber<never>;
  #feed: Feed | undefined;
  /** Whether it was the source's end that has ended the target: what was given, and the end, are still to be sent. */
  #isEnding = false;

  /**
   * @param target - where values go
   * @param highWaterMark - bytes that wait there, from which on a value has to wait
   * @param subscriber - who hears how it ends
   */
  constructor(target: Target<T>, highWaterMark: number, subscriber: Subscriber<never>) {
    this.encode = target.encode;
    this.#target = target;
    this.#channelId = target.channelId;
    this.#highWaterMark = highWaterMark;
    this.#subscriber = subscriber;
  }

  /** @param feedOf - makes the source */
  start(feedOf: (intake: Intake<T>) => Feed): void {
    this.#subscriber.add(() => {
      this.#unsubscribed();
    });
    this.#target?.listen(this);
    const feed = feedOf(this);
    if (this.#target === undefined) {
      feed.skip();
    } else {
      this.#feed = feed;
      feed.start();
    }
  }

  // What the source needs.

  get room(): number {
    return this.#highWaterMark - (this.#target?.pending ?? Infinity);
  }

  give(bytes: Uint8Array): void {
    this.#target?.give(bytes);
  }

  complete(): void {
    if (this.#target !== undefined) {
      this.#isEnding = true;
      this.#target.finish({});
    }
  }

  fail(error: unknown): void {
    this.#leave()?.finish({ error });
    this.#subscriber.error(error); // where all was over, RxJS sees to what comes too late
  }

  overflow(limit: number): void {
    this.#giveUp(new OverflowError(limit, { channelId: this.#channelId }));
  }

  // What the target tells.

  onTaken(): void {
    this.#feed?.resume();
  }

  onStopped(end: HalfEnd): void {
    if (!this.#isEnding) {
      this.#settle(end); // somebody else has ended it
    }
  }

  onEndSent(end: HalfEnd): void {
    // It may have been another end than that of the source.
    this.#settle('error' in end ? end : (this.#target?.broken ?? end));
  }

  onPeerError(error: unknown): void {
    this.#giveUp(error);
  }

  #settle(end: HalfEnd): void {
    if (this.#leave() === undefined) {
      return;
    }
    if ('error' in end && !hasCode(end.error, 'ERR_RXMUX_STOPPED')) {
      this.#subscriber.error(end.error);
    } else {
      this.#subscriber.complete(); // all has been sent, or the peer wants no more, or somebody has ended it
    }
  }

  #giveUp(error: unknown): void {
    const target = this.#leave();
    if (target !== undefined) {
      target.abort(error);
      this.#subscriber.error(error);
    }
  }

  #unsubscribed(): void {
    const channelId = this.#channelId;
    this.#leave()?.abort(new MuxClosedError({ channelId, message: 'the source was let go before its end' }));
  }

  /** Lets go of the source and of the target, and listens no more. Returns the target, where it was not over. */
  #leave(): Target<T> | undefined {
    const target = this.#target;
    if (target !== undefined) {
      this.#target = undefined;
      target.unlisten(this);
      this.#feed?.letGo();
    }
    return target;
  }
}
