import { Buffer } from 'node:buffer';
import type { Adaptable } from '../channel/adaptable.js';
import type { HalfEnd } from '../channel/half-end.js';
import type { Taker } from '../channel/taker.js';
import { DecodeError, MessageTooBigError } from '../errors.js';
import type { Reason } from '../protocol/reason.js';
import { memoryIsGone } from '../flow/memory-is-gone.js';
import type { Codec } from './codec.js';
import { MessageCutter } from './message-cutter.js';
import { LENGTH_SIZE } from './message-frame.js';

/** What the peer may know. No words of a codec's leave this side. */
const BAD_MESSAGE: Reason = { code: 'BAD_MESSAGE', message: 'a message could not be decoded' };
const TOO_BIG: Reason = { code: 'MESSAGE_TOO_BIG', message: 'a message is larger than it may be' };

/** Who is given the messages of a {@link IncomingMessages}. */
export interface MessageSink<In> {
  /** Whether it wants some now. Where it begins to, {@link IncomingMessages.read} must be called. */
  readonly isReading: boolean;
  /** A message has come. It counts as consumed when this returns, unless {@link IncomingMessages.hold} is called. */
  onMessage(value: In, size: number): void;
  /** All messages have come, or no more will. Once. */
  onEnd(end: HalfEnd): void;
}

/**
 * Reads the messages of a channel: asks it for bytes while somebody wants messages, and counts these as consumed message by
 * message. Without RxJS, since a call has one, and calls come by the thousand. Its owner listens to the channel, and passes
 * on `onInboundOver`.
 */
export class IncomingMessages<In> implements Taker {
  readonly #channel: Adaptable<unknown>;
  readonly #codec: Pick<Codec<In>, 'decode'>;
  readonly #sink: MessageSink<In>;
  readonly #cutter: MessageCutter;
  #over: HalfEnd | undefined;
  /** Whether the channel gives it bytes. */
  #isTaking = false;
  /** Of the bytes that are kept of a message that is not complete: those that have been granted again. */
  #granted = 0;
  /** Messages that are held. */
  #held = 0;
  /** Bytes of messages that have been consumed, to be counted when the chunk has been dealt with. */
  #consumed = 0;

  /**
   * @param channel - whose bytes it reads
   * @param codec - makes messages of them
   * @param maxMessageSize - bytes that one may have, ≥ 1
   * @param sink - who gets the messages
   */
  constructor(
    channel: Adaptable<unknown>,
    codec: Pick<Codec<In>, 'decode'>,
    maxMessageSize: number,
    sink: MessageSink<In>,
  ) {
    this.#channel = channel;
    this.#codec = codec;
    this.#sink = sink;
    this.#cutter = new MessageCutter(maxMessageSize, channel.id);
  }

  /** How the messages have ended, where they have. */
  get over(): HalfEnd | undefined {
    return this.#over;
  }

  /** The sink has begun to want messages. */
  read(): void {
    if (!this.#isTaking && this.#over === undefined) {
      this.#isTaking = true;
      this.#channel.take(this);
    }
  }

  /** The message that has just been given counts as consumed when {@link acknowledge} is called, once, with its size. */
  hold(size: number): void {
    this.#consumed -= size;
    this.#held += 1;
  }

  /** The consumer is through with a message that it holds. */
  acknowledge(size: number): void {
    this.#held -= 1;
    this.#channel.acknowledge(size);
    this.#grantParts();
  }

  /** No more messages are wanted. */
  cancel(): void {
    this.#cutter.clear();
    this.#channel.cancel();
  }

  /** What the channel tells. */
  onInboundOver(end: HalfEnd): void {
    const { kept } = this.#cutter;
    if ('error' in end || kept === 0 || this.#channel.isInboundCancelled) {
      this.#end(end);
    } else {
      this.refuse(`the peer has ended in the middle of a message, after ${kept} bytes of it`);
    }
  }

  // What it gives.

  onBytes(chunk: Buffer): void {
    const { length } = chunk;
    this.#cutter.take(chunk);
    while (this.#isWanted() && this.#deliverNext()) {
      // until there is no more, or nobody wants it
    }
    // Who got a view of it has transferred its memory.
    if (chunk.length === 0 && this.#cutter.at < length && !this.#channel.isInboundCancelled) {
      this.#fail(memoryIsGone('messages'));
    }
    // The chunk has been dealt with, or nobody asks for messages any more: then the channel keeps what is left of it.
    const rest = this.#cutter.takeRest();
    if (!this.#isWanted()) {
      this.onEnd();
      if (rest.length > 0) {
        this.#channel.putBack(rest);
      }
    }
    if (this.#consumed > 0) {
      this.#channel.acknowledge(this.#consumed);
      this.#consumed = 0;
    }
    this.#grantParts();
  }

  /** It gives no more; nor is it to, where the sink wants none for the time being. */
  onEnd(): void {
    this.#isTaking = false;
    this.#channel.leave(this);
  }

  #isWanted(): boolean {
    return this.#sink.isReading && !this.#channel.isInboundCancelled;
  }

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
        this.#fail(error);
      } else {
        this.refuse(BAD_MESSAGE.message, error);
      }
      return false;
    }
    const size = LENGTH_SIZE + message.length - this.#granted;
    this.#granted = 0;
    this.#consumed += size; // in any case once this chunk has been dealt with
    this.#sink.onMessage(value, size);
    return true;
  }

  /**
   * Grants the parts of a message that is not complete, where the rest could not come else. Only when all messages before
   * have been consumed: so no more is kept than the window, and one message.
   */
  #grantParts(): void {
    const { kept, missing } = this.#cutter;
    if (kept > this.#granted && this.#held === 0 && missing > this.#channel.inboundCredit) {
      this.#channel.acknowledge(kept - this.#granted);
      this.#granted = kept;
    }
  }

  // How it ends.

  /** What has come is no message, or none that is to come here: the channel fails, and the peer hears `BAD_MESSAGE`. */
  refuse(message: string, cause?: unknown): void {
    this.#fail(new DecodeError(message, { channelId: this.#channel.id, cause }));
  }

  #fail(error: unknown): void {
    this.#channel.giveReason(error instanceof MessageTooBigError ? TOO_BIG : BAD_MESSAGE);
    this.#channel.destroy(error);
    this.#end({ error });
  }

  #end(end: HalfEnd): void {
    this.#cutter.clear();
    if (this.#over === undefined) {
      this.#over = end;
      this.#sink.onEnd(end);
    }
  }
}
