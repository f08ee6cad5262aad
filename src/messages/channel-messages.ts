import type { Observable, Subscription } from 'rxjs';
import type { ChannelListener } from '../channel/channel-listener.js';
import type { Delivery } from '../channel/channel.js';
import type { HalfEnd } from '../channel/half-end.js';
import { type InboundOwner, InboundSubject, stop } from '../channel/inbound-subject.js';
import { iterate } from '../channel/iterate.js';
import type { Adaptable } from '../channel/adaptable.js';
import { type OutboundOwner, OutboundSubject } from '../channel/outbound-subject.js';
import { DecodeError, type MuxError } from '../errors.js';
import type { Reason } from '../protocol/reason.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { ENCODE } from '../send/value-channel.js';
import type { Codec } from './codec.js';
import { MessageCutter } from './message-cutter.js';
import { type Encoder, encoder, LENGTH_SIZE } from './message-frame.js';
import type { MessageDelivery, Messages } from './messages.js';

/** What the peer may know. No words of a codec's leave this side. */
const BAD_MESSAGE: Reason = { code: 'BAD_MESSAGE', message: 'a message could not be decoded' };
const TOO_BIG: Reason = { code: 'MESSAGE_TOO_BIG', message: 'a message is larger than it may be' };

/**
 * Messages over a channel: asks it for bytes while somebody asks for messages, and counts these as consumed message by
 * message.
 */
export class ChannelMessages<In, Out, H>
  implements Messages<In, Out, H>, InboundOwner, OutboundOwner<Out>, ChannelListener
{
  readonly channel: Adaptable<H>;
  readonly #codec: Codec<In, Out>;
  readonly #maxMessageSize: number;
  readonly #cutter: MessageCutter;
  // Made when they are asked for: calls have need of one.
  #inbound$: InboundSubject<In> | undefined;
  #deliveries$: DemandSubject<MessageDelivery<In>> | undefined;
  #outbound$: OutboundSubject<Out> | undefined;
  #encode: Encoder<Out> | undefined;
  /** How `inbound$` has ended, where it has. */
  #over: HalfEnd | undefined;
  /** The bytes, while somebody asks for messages. */
  #bytes: Subscription | undefined;
  /** Of the bytes that are kept of a message that is not complete: those that have been granted again. */
  #granted = 0;
  /** Messages that have been delivered and not been acknowledged. */
  #unacknowledged = 0;
  /** Bytes of messages that have been consumed, to be counted when the chunk has been dealt with. */
  #consumed = 0;

  constructor(channel: Adaptable<H>, codec: Codec<In, Out>, maxMessageSize: number) {
    this.channel = channel;
    this.#codec = codec;
    this.#maxMessageSize = maxMessageSize;
    this.#cutter = new MessageCutter(maxMessageSize, channel.id);
    channel.listen(this);
  }

  // What the application uses.

  get inbound$(): InboundSubject<In> {
    if (this.#inbound$ === undefined) {
      this.#inbound$ = new InboundSubject<In>(this);
      if (this.#over !== undefined) {
        this.#inbound$.stop(this.#over);
      }
    }
    return this.#inbound$;
  }

  get deliveries$(): DemandSubject<MessageDelivery<In>> {
    if (this.#deliveries$ === undefined) {
      this.#deliveries$ = new DemandSubject<MessageDelivery<In>>(this);
      if (this.#over !== undefined) {
        stop(this.#deliveries$, this.#over);
      }
    }
    return this.#deliveries$;
  }

  get outbound$(): OutboundSubject<Out> {
    if (this.#outbound$ === undefined) {
      this.#outbound$ = new OutboundSubject<Out>(this);
      if (this.channel.outboundEnd !== undefined) {
        this.#outbound$.stop(this.channel.outboundEnd);
      }
    }
    return this.#outbound$;
  }

  get [ENCODE](): Encoder<Out> {
    this.#encode ??= encoder(this.#codec, this.#maxMessageSize, this.channel.id);
    return this.#encode;
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
    this.#cutter.clear();
    this.channel.cancel();
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
    this.#outbound$?.stop(end);
  }

  onInboundOver(end: HalfEnd): void {
    const { kept } = this.#cutter;
    if ('error' in end || kept === 0 || this.channel.isInboundCancelled) {
      this.#end(end);
    } else {
      this.#refuse(`the peer has ended in the middle of a message, after ${kept} bytes of it`);
    }
  }

  // What comes.

  /** Somebody has subscribed. */
  onDemand(): void {
    this.#bytes ??= this.channel.deliveries$.subscribe({ next: this.#take, error: ignore });
  }

  /** The consumer is through with a delivery. */
  acknowledge(bytes: number): void {
    this.#unacknowledged -= 1;
    this.channel.acknowledge(bytes);
    this.#grantParts();
  }

  get #isWanted(): boolean {
    const isObserved = this.#inbound$?.observed === true || this.#deliveries$?.observed === true;
    return isObserved && !this.channel.isInboundCancelled;
  }

  readonly #take = ({ chunk }: Delivery): void => {
    this.#cutter.take(chunk);
    try {
      while (this.#isWanted && this.#deliverNext()) {
        // until there is no more, or nobody wants it
      }
    } finally {
      this.#putAway(); // also where RxJS is told to throw what subscribers throw
    }
  };

  /** Delivers a message. Returns `false` where there was none. */
  #deliverNext(): boolean {
    let message: Buffer | undefined;
    let value: In;
    try {
      message = this.#cutter.cut();
      if (message === undefined) {
        return false;
      }
      value = this.#codec.decode(message);
    } catch (error) {
      if (message === undefined) {
        this.#fail(error as MuxError, TOO_BIG);
      } else {
        this.#refuse('a message could not be decoded', error);
      }
      return false;
    }
    const size = LENGTH_SIZE + message.length - this.#granted;
    this.#granted = 0;
    this.#emit(value, size);
    return true;
  }

  #emit(value: In, size: number): void {
    this.#consumed += size; // in any case once this chunk has been dealt with
    this.#inbound$?.deliver(value);
    if (this.#deliveries$?.observed === true) {
      this.#consumed -= size;
      this.#unacknowledged += 1;
      this.#deliveries$.next(new ChannelMessageDelivery(value, size, this));
    }
  }

  /** A chunk has been dealt with, or nobody asks for messages any more: then the channel keeps what is left of it. */
  #putAway(): void {
    const rest = this.#cutter.takeRest();
    if (!this.#isWanted) {
      this.#bytes?.unsubscribe();
      this.#bytes = undefined;
      if (rest.length > 0) {
        this.channel.putBack(rest);
      }
    }
    if (this.#consumed > 0) {
      this.channel.acknowledge(this.#consumed);
      this.#consumed = 0;
    }
    this.#grantParts();
  }

  /**
   * Grants the parts of a message that is not complete, where the rest could not come else. Only when all messages before
   * have been consumed: so no more is kept than the window, and one message.
   */
  #grantParts(): void {
    const { kept, missing } = this.#cutter;
    if (kept > this.#granted && this.#unacknowledged === 0 && missing > this.channel.inboundCredit) {
      this.channel.acknowledge(kept - this.#granted);
      this.#granted = kept;
    }
  }

  // How it ends.

  #refuse(message: string, cause?: unknown): void {
    this.#fail(new DecodeError(message, { channelId: this.channel.id, cause }), BAD_MESSAGE);
  }

  #fail(error: MuxError, reason: Reason): void {
    this.channel.giveReason(reason);
    this.channel.destroy(error);
    this.#end({ error });
  }

  #end(end: HalfEnd): void {
    this.#cutter.clear();
    if (this.#over === undefined) {
      this.#over = end;
      this.#inbound$?.stop(end);
      if (this.#deliveries$ !== undefined) {
        stop(this.#deliveries$, end);
      }
    }
  }
}

/** Makes its `ack` when it is asked for. */
class ChannelMessageDelivery<In> implements MessageDelivery<In> {
  #isAcknowledged = false;

  constructor(
    readonly value: In,
    private readonly size: number,
    private readonly messages: { acknowledge(bytes: number): void },
  ) {}

  get ack(): () => void {
    return () => {
      if (!this.#isAcknowledged) {
        this.#isAcknowledged = true;
        this.messages.acknowledge(this.size);
      }
    };
  }
}

const ignore = (): void => undefined;
