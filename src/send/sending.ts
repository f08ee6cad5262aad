import type { Subscriber } from 'rxjs';
import type { HalfEnd } from '../channel/half-end.js';
import { hasCode } from '../brands.js';
import { MuxClosedError, OverflowError } from '../errors.js';
import type { Feed, Intake } from './feed.js';
import type { Target, TargetListener } from './target.js';

/** One subscription to what `send` returns: a source on its way to its target, and how each of the three ends the others. */
export class Sending<T> implements Intake<T>, TargetListener {
  readonly #target: Target<T>;
  readonly #highWaterMark: number;
  readonly #subscriber: Subscriber<never>;
  #feed: Feed | undefined;
  /** Whether it was the source's end that has ended the target: what was given, and the end, are still to be sent. */
  #isEnding = false;
  #isOver = false;

  /**
   * @param target - where values go
   * @param highWaterMark - bytes that wait there, from which on a value has to wait
   * @param subscriber - who hears how it ends
   */
  constructor(target: Target<T>, highWaterMark: number, subscriber: Subscriber<never>) {
    this.#target = target;
    this.#highWaterMark = highWaterMark;
    this.#subscriber = subscriber;
  }

  /** @param feedOf - makes the source */
  start(feedOf: (intake: Intake<T>) => Feed): void {
    this.#subscriber.add(() => {
      this.#unsubscribed();
    });
    this.#target.listen(this);
    const feed = feedOf(this);
    if (this.#isOver) {
      feed.skip();
    } else {
      this.#feed = feed;
      feed.start();
    }
  }

  // What the source needs.

  get room(): number {
    return this.#highWaterMark - this.#target.pending;
  }

  encode(value: T): Uint8Array {
    return this.#target.encode(value);
  }

  give(bytes: Uint8Array): void {
    this.#target.give(bytes);
  }

  complete(): void {
    if (!this.#isOver) {
      this.#isEnding = true;
      this.#target.finish({});
    }
  }

  fail(error: unknown): void {
    if (this.#leave()) {
      this.#target.finish({ error });
    }
    this.#subscriber.error(error); // where all was over, RxJS sees to what comes too late
  }

  overflow(limit: number): void {
    this.#giveUp(new OverflowError(limit, { channelId: this.#target.channelId }));
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
    this.#settle('error' in end ? end : (this.#target.broken ?? end));
  }

  onPeerError(error: unknown): void {
    this.#giveUp(error);
  }

  #settle(end: HalfEnd): void {
    if (!this.#leave()) {
      return;
    }
    if ('error' in end && !hasCode(end.error, 'ERR_RXMUX_STOPPED')) {
      this.#subscriber.error(end.error);
    } else {
      this.#subscriber.complete(); // all has been sent, or the peer wants no more, or somebody has ended it
    }
  }

  #giveUp(error: unknown): void {
    if (this.#leave()) {
      this.#target.abort(error);
      this.#subscriber.error(error);
    }
  }

  #unsubscribed(): void {
    if (this.#leave()) {
      const { channelId } = this.#target;
      this.#target.abort(new MuxClosedError({ channelId, message: 'the source was let go before its end' }));
    }
  }

  /** Lets go of the source, and listens no more. Returns whether it was not over. */
  #leave(): boolean {
    if (this.#isOver) {
      return false;
    }
    this.#isOver = true;
    this.#target.unlisten(this);
    this.#feed?.letGo();
    return true;
  }
}
