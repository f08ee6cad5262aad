import { whole } from '../arguments.js';
import { maxFrameLength } from '../framing/framing.js';
import type { MessageWriter } from '../framing/message-writer.js';
import { type ChannelSettings, HIGHEST_WEIGHT, LAST_PRIORITY, LOWEST_WEIGHT } from '../options.js';
import { REASON_AT } from '../protocol/extension.js';
import {
  type CreditMessage,
  creditMessage,
  type EndType,
  endMessage,
  handshakeMessage,
  type Message,
  MessageType,
} from '../protocol/message.js';
import { cutReason, type Reason } from '../protocol/reason.js';
import type { Source } from '../sender/source.js';
import type { Turn } from '../sender/turn.js';
import { Answer } from './answer.js';
import type { InboundHalf } from './inbound-half.js';
import type { OutboundHalf } from './outbound-half.js';
import { PeerHandshake } from './peer-handshake.js';
import type { Shared } from './shared.js';
import { NO_TROUBLE, type Trouble } from './trouble.js';

/**
 * What a channel says: its bytes, and the control messages that are due. It writes only when the sender asks, so what
 * waits for a full carrier is state, not messages.
 *
 * What a channel hears is with the class that extends this one. There are two classes for readers, and one object, since
 * there may be ten thousands of channels.
 */
export abstract class ChannelSource<H> implements Source {
  readonly id: number;
  readonly openedBy: 'local' | 'peer';
  readonly frameLimit: number;
  protected readonly shared: Shared<H>;
  protected abstract readonly inbound: InboundHalf;
  protected abstract readonly outbound: OutboundHalf;
  /** What this side says to the opening. */
  protected reply = Answer.none;
  /** What the peer has said to it. */
  protected readonly peerHandshake = new PeerHandshake<H>();
  /** STOP: due when this side has given up the inbound half, and can be said; sent. */
  protected stop: 'none' | 'due' | 'sent' = 'none';
  /** Whether the peer's END or ERROR_END has come, after its HANDSHAKE. */
  hasPeerEnded = false;
  protected isRemoved = false;
  isControlDue = false;
  turn: Turn<Source> | undefined;
  protected trouble: Trouble = NO_TROUBLE;
  #priority: number;
  #weight: number;

  constructor(id: number, openedBy: 'local' | 'peer', settings: ChannelSettings, shared: Shared<H>) {
    this.id = id;
    this.openedBy = openedBy;
    const { maxWriteSize, priority, weight } = settings;
    const maxLength = maxFrameLength(shared.framing);
    this.frameLimit = maxWriteSize > 0 ? Math.min(maxWriteSize, maxLength) : maxLength;
    this.shared = shared;
    this.#priority = priority;
    this.#weight = weight;
  }

  get priority(): number {
    return this.#priority;
  }

  set priority(value: number) {
    this.#priority = whole('priority', value, 0, LAST_PRIORITY);
    if (this.pending > 0 && this.credit > 0) {
      this.shared.sender.requestTurn(this); // its place is another one now
    }
    this.onOrder();
  }

  get weight(): number {
    return this.#weight;
  }

  set weight(value: number) {
    this.#weight = whole('weight', value, LOWEST_WEIGHT, HIGHEST_WEIGHT);
    this.onOrder();
  }

  get pending(): number {
    return this.outbound.pending;
  }

  get credit(): number {
    return this.outbound.credit;
  }

  writeData(bytes: number, writer: MessageWriter): void {
    const payload = this.outbound.take(bytes);
    const more = payload.length < bytes ? this.outbound.takeMore(bytes - payload.length) : undefined;
    if (payload.length > 0) {
      writer.writeData(this.id, this.outbound.seq, payload, more);
    } // else they are gone
    this.outbound.taken();
    if (this.outbound.dueEnd !== undefined) {
      this.writeControl(writer); // END leaves with the last bytes
    }
  }

  writeControl(writer: MessageWriter): void {
    if (this.isRemoved) {
      return;
    }
    const due = this.reply.due;
    if (due === 'handshake') {
      this.#writeHandshake(writer);
    } else if (due === 'pre-handshake') {
      this.reply = this.reply.written();
      this.onAnnounced(true);
      this.#writeCredit(writer);
    }
    if (this.isStopDue) {
      if (this.outbound.dueEnd === MessageType.errorEnd) {
        this.#writeEnd(MessageType.errorEnd, writer); // whom it fails hears of that first
      }
      this.stop = 'sent';
      writer.write({ type: 'stop', channel: this.id, reason: this.trouble.reason });
    }
    if (this.isGrantDue) {
      this.#writeCredit(writer);
    }
    const end = this.outbound.dueEnd;
    if (end !== undefined) {
      this.#writeEnd(end, writer);
    }
  }

  /** Whether the peer is to be told that its bytes are not wanted: where it can understand that, and sends some. */
  protected get isStopDue(): boolean {
    const canSay = this.reply.isWindowKnown && this.shared.peer.info !== undefined;
    return canSay && this.stop === 'due' && !this.reply.isRefusal && !this.hasPeerEnded;
  }

  /** The reason, as long as its message may be. */
  protected cutReason(reason: Reason): Reason {
    return cutReason(reason, maxFrameLength(this.shared.framing) - REASON_AT);
  }

  /** Whether the peer is to be told that it may send more. */
  protected get isGrantDue(): boolean {
    return (
      this.reply.isWindowKnown &&
      !this.reply.isRefusal &&
      !this.hasPeerEnded &&
      !this.isRemoved &&
      this.inbound.isGrantDue
    );
  }

  /** HANDSHAKE, or PRE_HANDSHAKE, is being written. */
  protected abstract onAnnounced(pre: boolean): void;

  /** Its priority or its weight has been set. */
  protected abstract onOrder(): void;

  protected requestControl(): void {
    this.shared.sender.requestControl(this);
  }

  #writeHandshake(writer: MessageWriter): void {
    // After a PRE_HANDSHAKE this is no grant: a peer that has sent already leaves its credit as it is.
    const known = this.inbound.remaining;
    const { data, isRefusal, isPreHandshakeSent } = this.reply;
    const { info } = this.shared.peer;
    if (isRefusal && info !== undefined) {
      this.reply = this.reply.written();
      this.onAnnounced(false);
      this.outbound.announced();
      this.#writeLast({ type: 'refuse', channel: this.id, reason: this.trouble.reason }, writer);
      return;
    }
    const free = isPreHandshakeSent ? known : isRefusal ? 0 : this.inbound.grantAtOnce();
    this.reply = this.reply.written();
    this.onAnnounced(false);
    const knowsMore = info !== undefined && !isPreHandshakeSent && !isRefusal;
    const hasCome = this.peerHandshake.hasCome; // the answer may come before what is written has returned
    const { seq } = this.inbound;
    if (knowsMore && !hasCome) {
      this.outbound.grant(info.window, 0); // that much it takes before it has answered
    }
    writer.write(handshakeMessage(this.id, free, data));
    if (knowsMore && hasCome) {
      // A peer that has sent already leaves its credit as it is.
      writer.write(creditMessage(MessageType.status, this.id, free, seq));
    }
    this.outbound.announced();
  }

  #writeEnd(type: EndType, writer: MessageWriter): void {
    const { reason } = this.trouble;
    if (type === MessageType.errorEnd && reason !== undefined && this.shared.peer.info !== undefined) {
      writer.write({ type: 'reason', channel: this.id, reason });
    }
    this.#writeLast(endMessage(type, this.id), writer);
  }

  /** Writes what ends this side's half. Before that has returned, the peer may have opened the number anew. */
  #writeLast(message: Message, writer: MessageWriter): void {
    this.outbound.endWritten();
    this.overIfBothEnded();
    writer.write(message);
  }

  /** Grants what is due, in the message that the channel's state calls for. */
  #writeCredit(writer: MessageWriter): void {
    let type: CreditMessage['type'] = MessageType.preHandshake;
    if (!this.reply.isHandshakeSent) {
      this.inbound.grantAtOnce();
    } else if (this.inbound.grant()) {
      type = this.outbound.isEndWritten ? MessageType.finishedStatus : MessageType.status;
    } else {
      return;
    }
    writer.write(creditMessage(type, this.id, this.inbound.remaining, this.inbound.seq));
  }

  /** The channel is over when both sides have ended. */
  protected overIfBothEnded(): void {
    if (this.hasPeerEnded && this.outbound.isEndWritten && !this.isRemoved) {
      this.shared.over(this.id);
    }
  }
}
