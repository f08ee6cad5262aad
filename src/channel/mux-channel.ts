import { AsyncSubject, type Observable, type Subject } from 'rxjs';
import { MuxError, PeerError } from '../errors.js';
import type { Watched } from '../sender/quiet-watch.js';
import { ReceiveWindow } from '../flow/receive-window.js';
import type { Flow } from '../sender/share-capacity.js';
import type { WindowGrowth } from '../flow/window-growth.js';
import type { MessageWriter } from '../framing/message-writer.js';
import { type CreditMessage, type HandshakeMessage, MessageType } from '../protocol/message.js';
import type { ChannelSettings } from '../options.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Channel, Delivery } from './channel.js';
import type { HalfEnd } from './half-end.js';
import { InboundHalf, type InboundListener } from './inbound-half.js';
import { iterate } from './iterate.js';
import { OutboundHalf, type OutboundListener } from './outbound-half.js';

/** What a channel needs of its mux. */
export interface ChannelLink<H> {
  /** The most bytes of one frame. */
  readonly maxFrameLength: number;
  /** What the receive windows of all channels grow by. */
  readonly windowGrowth: WindowGrowth;
  /** Checks data for a HANDSHAKE. */
  handshakeData(data: Uint8Array | string | undefined): Uint8Array;
  /** The channel has control messages to send: {@link MuxChannel.writeControl} is to be called. */
  requestControl(channel: MuxChannel<H>): void;
  /** The same where it has nothing but credit to grant. */
  requestGrant(channel: MuxChannel<H>): void;
  /** The channel has bytes to send and credit for them: {@link MuxChannel.writeData} is to be called. */
  requestTurn(channel: MuxChannel<H>): void;
  /** The peer's silence is to be noticed. */
  watch(channel: MuxChannel<H>): void;
  /** A HANDSHAKE, or with `pre` a PRE_HANDSHAKE, has been written. */
  handshakeWritten(channel: MuxChannel<H>, pre: boolean): void;
  /** Both sides have ended. */
  bothEnded(channel: MuxChannel<H>): void;
  /** Bytes wait for credit, and none can come any more. */
  starved(channel: MuxChannel<H>): void;
}

/** How the peer ended its half. */
export type PeerEnd = typeof MessageType.end | typeof MessageType.errorEnd;

/** Where this side's HANDSHAKE stands. */
type HandshakeState = 'undecided' | 'delayed' | 'due' | 'sent';

const NO_DATA = new Uint8Array();

/**
 * A channel as its mux sees it. Its two halves keep the bytes; what is here is its life: the handshakes, the ends, and
 * which control messages are due. Nothing is written before the mux calls `writeControl` or `writeData`, so what waits
 * for a carrier that is full is the state of the channel, and not a pile of messages.
 */
export class MuxChannel<H> implements Channel<H>, Flow, Watched, InboundListener, OutboundListener {
  readonly id: number;
  readonly openedBy: 'local' | 'peer';
  readonly frameLimit: number;
  readonly #link: ChannelLink<H>;
  readonly #inbound: InboundHalf;
  readonly #outbound: OutboundHalf;

  #handshakeState: HandshakeState = 'undecided';
  #handshakeToSend: Uint8Array = NO_DATA;
  #isPreHandshakeDue = false;
  #isPreHandshakeSent = false;
  #isRefused = false;

  #hasPeerHandshake = false;
  #parsed: { readonly handshake: H } | { readonly error: unknown } | undefined;
  #earlyEnd: PeerEnd | undefined;
  #hasPeerEnded = false;
  #isWatched = false;
  #isRemoved = false;
  #cut: HalfEnd | undefined;
  /** What broke the channel first. */
  #broken: HalfEnd | undefined;

  #handshake$: AsyncSubject<H> | undefined;
  #closed$: AsyncSubject<void> | undefined;

  constructor(id: number, openedBy: 'local' | 'peer', settings: ChannelSettings, link: ChannelLink<H>) {
    this.id = id;
    this.openedBy = openedBy;
    const { highWaterMark, maxHighWaterMark, sendHighWaterMark, maxWriteSize, checkReadOverflow } = settings;
    this.frameLimit = maxWriteSize > 0 ? Math.min(maxWriteSize, link.maxFrameLength) : link.maxFrameLength;
    this.#link = link;
    const window = new ReceiveWindow(highWaterMark, maxHighWaterMark, link.windowGrowth);
    this.#inbound = new InboundHalf(window, checkReadOverflow, this);
    this.#outbound = new OutboundHalf(sendHighWaterMark, this);
  }

  // What the application uses.

  get inbound$(): Subject<Buffer> {
    return this.#inbound.inbound$;
  }

  get outbound$(): Subject<Uint8Array | string> {
    return this.#outbound.outbound$;
  }

  get deliveries$(): Observable<Delivery> {
    return this.#inbound.deliveries$;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    return iterate(this.deliveries$, () => {
      this.cancel();
    });
  }

  get handshake$(): Observable<H> {
    if (this.#handshake$ === undefined) {
      this.#handshake$ = new AsyncSubject<H>();
      this.#settleHandshake();
    }
    return this.#handshake$;
  }

  get handshake(): H | undefined {
    return this.#parsed !== undefined && 'handshake' in this.#parsed ? this.#parsed.handshake : undefined;
  }

  delayHandshake(): (data?: Uint8Array | string) => void {
    this.#assertUnanswered();
    if (this.isUndecided) {
      this.#handshakeState = 'delayed';
    }
    return (data) => {
      this.accept(data);
    };
  }

  accept(data?: Uint8Array | string): void {
    this.#assertUnanswered();
    this.sendHandshake(this.#link.handshakeData(data));
  }

  reject(): void {
    this.#assertUnanswered();
    // A peer that has been told of a window may have sent already, and needs credit to get to its end.
    this.#isRefused = !this.#isPreHandshakeSent;
    this.sendHandshake(NO_DATA);
    this.#inbound.close({});
    this.#outbound.refuse();
  }

  get sendWindow$(): StateObservable<number> {
    return this.#outbound.sendWindow$;
  }

  get receiveWindow$(): StateObservable<number> {
    return this.#inbound.receiveWindow$;
  }

  get bufferedAmount(): number {
    return this.#outbound.pending;
  }

  get writable$(): StateObservable<boolean> {
    return this.#outbound.writable$;
  }

  cancel(): void {
    this.#inbound.cancel();
  }

  destroy(error?: unknown): void {
    const end: HalfEnd = error === undefined ? {} : { error };
    this.#inbound.close(end);
    if (this.#isRemoved) {
      return;
    }
    if (error === undefined) {
      this.#outbound.end(end);
    } else {
      this.#broken ??= end;
      this.#outbound.abort(end);
    }
    if (this.isUndecided || this.#handshakeState === 'delayed') {
      this.sendHandshake(NO_DATA); // the end can only follow the answer
    }
  }

  get closed$(): Observable<void> {
    if (this.#closed$ === undefined) {
      this.#closed$ = new AsyncSubject<void>();
      this.#settleClosed();
    }
    return this.#closed$;
  }

  // What the scheduler asks.

  get pending(): number {
    return this.#outbound.pending;
  }

  get credit(): number {
    return this.#outbound.credit;
  }

  // What the halves tell.

  onConsumed(): void {
    if (this.#isStatusDue) {
      this.#link.requestGrant(this);
    } else if (!this.#isWatched && this.#inbound.mayStallPeer) {
      this.#isWatched = true;
      this.#link.watch(this);
    }
  }

  onReady(): void {
    this.#link.requestTurn(this);
  }

  onEnding(end: HalfEnd): void {
    if ('error' in end) {
      this.#broken ??= end;
    }
    this.#requestControlIf(this.#outbound.dueEnd !== undefined);
  }

  onStarved(): void {
    this.#link.starved(this);
  }

  // What the watch for quiet peers asks and tells.

  takeSignOfLife(): boolean {
    return this.#inbound.takeHasReceived();
  }

  onQuiet(): void {
    this.#isWatched = false;
    this.#inbound.peerIsQuiet();
    this.#requestControlIf(this.#isStatusDue);
  }

  // What the Duplex adapter needs besides.

  /** Counts bytes that came through `deliveries$` as consumed, without the delivery. */
  acknowledge(bytes: number): void {
    this.#inbound.acknowledge(bytes);
  }

  /** Completes when this side's END has been written. */
  get endSent$(): Observable<never> {
    return this.#outbound.endSent$;
  }

  /** What ended the channel, where it is gone without both sides having come to their end. */
  get cut(): HalfEnd | undefined {
    return this.#cut;
  }

  // What the mux calls.

  /** Bytes of the peer's handshake data. */
  handshakeLength = 0;

  /** Whether nobody has seen to the answer yet. */
  get isUndecided(): boolean {
    return this.#handshakeState === 'undecided';
  }

  /** Whether the peer's HANDSHAKE has come. */
  get hasPeerHandshake(): boolean {
    return this.#hasPeerHandshake;
  }

  /** Whether the peer's END or ERROR_END has come, after its HANDSHAKE. */
  get hasPeerEnded(): boolean {
    return this.#hasPeerEnded;
  }

  /** Whether the outbound half still has something to send, or may get it. */
  get isEndSent(): boolean {
    return this.#outbound.isEndSent;
  }

  /** No more credit can come: the carrier has ended. */
  creditIsFinal(): void {
    this.#outbound.creditIsFinal();
  }

  /** Has the HANDSHAKE sent, with `data`, if it is not on its way already. */
  sendHandshake(data: Uint8Array): void {
    this.#handshakeState = 'due';
    this.#handshakeToSend = data;
    this.#link.requestControl(this);
  }

  /** The `next` of `channels$` has returned: the channel is answered, unless the application has seen to that. */
  offered(): void {
    if (this.isUndecided) {
      this.sendHandshake(NO_DATA);
    } else if (this.#handshakeState === 'delayed') {
      this.#isPreHandshakeDue = true;
      this.#link.requestControl(this);
    }
  }

  /** The peer's HANDSHAKE has come. */
  receiveHandshake({ free, data }: HandshakeMessage, parse: (data: Buffer) => H): MuxError | undefined {
    this.#hasPeerHandshake = true;
    this.handshakeLength = data.length;
    if (this.#outbound.seq === 0) {
      this.#outbound.grant(free, 0);
    }
    let problem: MuxError | undefined;
    try {
      this.#parsed = { handshake: parse(data as Buffer) };
    } catch (cause) {
      problem = new MuxError('ERR_RXMUX_PARSE_HANDSHAKE', 'parseHandshake failed', {
        channelId: this.id,
        cause,
      });
      this.#parsed = { error: problem };
    }
    this.#settleHandshake();
    if (this.#earlyEnd !== undefined) {
      this.receiveEnd(this.#earlyEnd);
    }
    return problem;
  }

  /** A HANDSHAKE of the peer's has come that cannot be taken: the channel fails, and ends when the peer ends it. */
  receiveBadHandshake(error: MuxError): void {
    this.#hasPeerHandshake = true;
    this.#parsed = { error };
    this.#settleHandshake();
    this.destroy(error);
    if (this.#earlyEnd !== undefined) {
      this.receiveEnd(this.#earlyEnd);
    }
  }

  /** An end of the peer's that came before its HANDSHAKE: it is applied when that comes. */
  receiveEarlyEnd(end: PeerEnd): void {
    this.#earlyEnd ??= end;
  }

  /** STATUS or one of its kin has come. */
  receiveCredit({ free, seq }: CreditMessage): void {
    this.#outbound.grant(free, seq);
  }

  /**
   * Bytes have come.
   *
   * @returns `false` where they are more than the receive window allows
   */
  receiveData(bytes: Buffer, seq: number): boolean {
    return this.#inbound.receive(bytes, seq);
  }

  /** END or ERROR_END has come. */
  receiveEnd(end: PeerEnd): void {
    this.#hasPeerEnded = true;
    if (end === MessageType.end) {
      this.#inbound.end({});
    } else {
      const error = new PeerError({ channelId: this.id });
      this.#broken ??= { error };
      this.#inbound.end({ error });
      if (this.openedBy === 'local' && this.#outbound.isWithoutCreditSoFar) {
        // A refusal: what was given to this channel will never be taken.
        this.#outbound.abort({ error });
      }
    }
    this.#removeIfBothEnded();
  }

  /** Sends bytes: as many as were granted. */
  writeData(bytes: number, writer: MessageWriter): void {
    let left = bytes;
    while (left > 0) {
      const payload = this.#outbound.take(left);
      if (payload === undefined) {
        break; // the mux has failed meanwhile: `framing.setLength` threw
      }
      left -= payload.length;
      writer.writeData(this.id, this.#outbound.seq, payload);
    }
    this.#outbound.taken();
    if (this.#outbound.dueEnd !== undefined) {
      this.writeControl(writer); // END leaves with the last bytes
    }
  }

  /** Writes the control messages that are due. */
  writeControl(writer: MessageWriter): void {
    if (this.#isRemoved) {
      return;
    }
    if (this.#handshakeState === 'due') {
      this.#writeHandshake(writer);
    } else if (this.#isPreHandshakeDue) {
      this.#isPreHandshakeDue = false;
      this.#isPreHandshakeSent = true;
      this.#link.handshakeWritten(this, true);
      this.#writeCredit(writer);
    }
    if (this.#isStatusDue) {
      this.#writeCredit(writer);
    }
    const end = this.#outbound.dueEnd;
    if (end !== undefined) {
      writer.write({ type: end, channel: this.id });
      this.#outbound.ended();
      this.#removeIfBothEnded();
    }
  }

  /**
   * The channel is gone: both sides have ended, or, with an error, the mux has failed or the carrier has ended.
   *
   * @param error - what the halves that have not ended fail with
   * @param when - `inbound$`: at once, or after the bytes that wait
   */
  remove(error?: unknown, when: 'now' | 'after-waiting' = 'after-waiting'): void {
    this.#isRemoved = true;
    const end = error === undefined ? {} : { error };
    if (error !== undefined) {
      this.#cut = end;
      this.#broken ??= end;
      if (when === 'now') {
        this.#inbound.close(end);
      } else {
        this.#inbound.end(end);
      }
    }
    this.#inbound.remove();
    this.#outbound.remove(end);
    this.#settleHandshake();
    this.#settleClosed();
  }

  get #isStatusDue(): boolean {
    const isWindowKnown = this.#handshakeState === 'sent' || this.#isPreHandshakeSent;
    return isWindowKnown && !this.#isRefused && !this.#hasPeerEnded && this.#inbound.isGrantDue;
  }

  #requestControlIf(isDue: boolean): void {
    if (isDue) {
      this.#link.requestControl(this);
    }
  }

  #assertUnanswered(): void {
    if (this.openedBy === 'local' || this.#handshakeState === 'due' || this.#handshakeState === 'sent') {
      throw new MuxError('ERR_RXMUX_HANDSHAKE_SENT', 'handshake already sent', { channelId: this.id });
    }
  }

  #writeHandshake(writer: MessageWriter): void {
    this.#handshakeState = 'sent';
    this.#isPreHandshakeDue = false;
    // After a PRE_HANDSHAKE this is no grant: a peer that has sent already leaves its credit as it is.
    const known = Math.max(0, this.#inbound.remaining);
    const free = this.#isPreHandshakeSent ? known : this.#isRefused ? 0 : this.#inbound.grant();
    const data = this.#handshakeToSend;
    this.#handshakeToSend = NO_DATA;
    this.#link.handshakeWritten(this, false); // first: the write may be passed on, and announced, at once
    writer.write({ type: MessageType.handshake, channel: this.id, free, data });
    this.#outbound.announced();
  }

  /** Grants what is due, in the message that the channel's state calls for. */
  #writeCredit(writer: MessageWriter): void {
    const type =
      this.#handshakeState !== 'sent'
        ? MessageType.preHandshake
        : this.#outbound.isEndSent
          ? MessageType.finishedStatus
          : MessageType.status;
    writer.write({ type, channel: this.id, free: this.#inbound.grant(), seq: this.#inbound.seq });
  }

  #removeIfBothEnded(): void {
    if (this.#hasPeerEnded && this.#outbound.isEndSent) {
      this.#link.bothEnded(this);
    }
  }

  #settleHandshake(): void {
    if (this.#handshake$ === undefined) {
      return;
    }
    if (this.#parsed === undefined) {
      if (this.#isRemoved) {
        this.#handshake$.error(this.#broken?.error);
      }
    } else if ('error' in this.#parsed) {
      this.#handshake$.error(this.#parsed.error);
    } else {
      this.#handshake$.next(this.#parsed.handshake);
      this.#handshake$.complete();
    }
  }

  #settleClosed(): void {
    if (this.#closed$ === undefined || !this.#isRemoved) {
      return;
    }
    if (this.#broken === undefined) {
      this.#closed$.next();
      this.#closed$.complete();
    } else {
      this.#closed$.error(this.#broken.error);
    }
  }
}
