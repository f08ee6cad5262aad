import type { Observer } from 'rxjs';
import type { Adaptable } from '../channel/adaptable.js';
import type { ChannelListener } from '../channel/channel-listener.js';
import type { HalfEnd } from '../channel/half-end.js';
import { IncomingMessages, type MessageSink } from '../messages/incoming-messages.js';
import type { CallSettings } from './call-options.js';
import { type Taking, ValueTaker } from './taking.js';

/** What comes on the channel of a call that this side has made, until it is stopped. */
export class AnswerReading<I> implements ChannelListener, MessageSink<unknown> {
  readonly #incoming: IncomingMessages<unknown>;
  readonly #taker: ValueTaker<I>;
  #isStopped = false;

  constructor(
    channel: Adaptable<unknown>,
    { codec, maxMessageSize }: CallSettings,
    taking: Taking<I>,
    observer: Observer<I>,
  ) {
    this.#taker = new ValueTaker(observer, taking);
    this.#incoming = new IncomingMessages(channel, codec, maxMessageSize, this);
    channel.listen(this);
    this.#incoming.read();
  }

  /** The observer hears nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  onInboundOver(end: HalfEnd): void {
    this.#incoming.onInboundOver(end);
  }

  get isReading(): boolean {
    return !this.#isStopped;
  }

  onMessage(message: unknown, size: number): void {
    this.#taker.take(message, size, this.#incoming);
  }

  onEnd(end: HalfEnd): void {
    if (!this.#isStopped) {
      this.#taker.end(end);
    }
  }
}
