import type { Observable } from 'rxjs';
import { ENCODE } from '../brands.js';
import type { ChannelListener } from '../channel/channel-listener.js';
import { endedAs, endSubject } from '../channel/end-subject.js';
import type { HalfEnd } from '../channel/half-end.js';
import { type InboundOwner, InboundSubject } from '../channel/inbound-subject.js';
import { iterate } from '../channel/iterate.js';
import type { Adaptable } from '../channel/adaptable.js';
import { type OutboundOwner, OutboundSubject } from '../channel/outbound-subject.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Codec } from './codec.js';
import { HeldMessage } from './held-message.js';
import { type Encoder, encoder } from './message-frame.js';
import { IncomingMessages, type MessageSink } from './incoming-messages.js';
import type { MessageDelivery, Messages } from './messages.js';

/** Messages over a channel, as Subjects. Which are made when they are asked for: most need not all. */
export class ChannelMessages<In, Out, H>
  implements Messages<In, Out, H>, InboundOwner, OutboundOwner<Out>, ChannelListener, MessageSink<In>
{
  readonly channel: Adaptable<H>;
  readonly #codec: Codec<In, Out>;
  readonly #maxMessageSize: number;
  readonly #incoming: IncomingMessages<In>;
  #inbound$: InboundSubject<In> | undefined;
  #deliveries$: DemandSubject<MessageDelivery<In>> | undefined;
  #outbound$: OutboundSubject<Out> | undefined;
  #encode: Encoder<Out> | undefined;

  constructor(channel: Adaptable<H>, codec: Codec<In, Out>, maxMessageSize: number) {
    this.channel = channel;
    this.#codec = codec;
    this.#maxMessageSize = maxMessageSize;
    this.#incoming = new IncomingMessages(channel, codec, maxMessageSize, this);
    channel.listen(this);
  }

  // What the application uses.

  get inbound$(): InboundSubject<In> {
    return (this.#inbound$ ??= endedAs(this.#incoming.over, new InboundSubject<In>(this)));
  }

  get deliveries$(): DemandSubject<MessageDelivery<In>> {
    return (this.#deliveries$ ??= endedAs(this.#incoming.over, new DemandSubject<MessageDelivery<In>>(this)));
  }

  get outbound$(): OutboundSubject<Out> {
    return (this.#outbound$ ??= endedAs(this.channel.outboundEnd, new OutboundSubject<Out>(this)));
  }

  get [ENCODE](): Encoder<Out> {
    return (this.#encode ??= encoder(this.#codec, this.#maxMessageSize, this.channel.id));
  }

  /** A name of its own: what has none is data to Vue, which makes proxies of that. Private members are unknown to them. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more in each object
  get [Symbol.toStringTag](): string {
    return 'Messages';
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    const leave = (): void => {
      this.cancel();
    };
    return iterate(this.deliveries$, ({ value }) => value, leave);
  }

  get writable$(): StateObservable<boolean> {
    return this.channel.writable$;
  }

  get stopped$(): Observable<void> {
    return this.channel.stopped$;
  }

  get closed$(): Observable<void> {
    return this.channel.closed$;
  }

  get handshake$(): Observable<H> {
    return this.channel.handshake$;
  }

  cancel(): void {
    this.#incoming.cancel();
  }

  destroy(error?: unknown): void {
    this.channel.destroy(error);
  }

  // What `outbound$` asks.

  give(value: Out): void {
    if (this.channel.outboundEnd === undefined) {
      this.channel.give(this[ENCODE](value));
      this.#outbound$?.show(value);
    }
  }

  finish(end: HalfEnd): void {
    this.channel.finish(end);
  }

  // What the channel tells.

  onStopped(end: HalfEnd): void {
    endSubject(this.#outbound$, end);
  }

  onInboundOver(end: HalfEnd): void {
    this.#incoming.onInboundOver(end);
  }

  // What comes.

  /** Somebody has subscribed. */
  onDemand(): void {
    this.#incoming.read();
  }

  onIdle(): void {
    if (!this.isReading) {
      this.#incoming.onEnd();
    }
  }

  get isReading(): boolean {
    return this.#inbound$?.observed === true || this.#deliveries$?.observed === true;
  }

  onMessage(value: In, size: number): void {
    const isHeld = this.#deliveries$?.observed;
    this.#inbound$?.deliver(value);
    if (isHeld && this.#deliveries$?.observed) {
      this.#incoming.hold(size);
      this.#deliveries$.next(new HeldMessage(value, size, this.#incoming));
    }
  }

  onEnd(end: HalfEnd): void {
    endSubject(this.#inbound$, end);
    endSubject(this.#deliveries$, end);
  }
}
