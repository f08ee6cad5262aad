import type { Observable, SchedulerLike, Subject } from 'rxjs';
import { anyObject, text } from '../arguments.js';
import { CHANNEL, CHANNEL_ERROR } from '../brands.js';
import type { SocketAddresses } from '../carrier/carrier.js';
import {
  CarrierEndedError,
  HeaderTooBigError,
  MuxError,
  PeerError,
  ProtocolError,
  ReadOverflowError,
  StoppedError,
} from '../errors.js';
import { ReceiveWindow } from '../flow/receive-window.js';
import type { ChannelMessage, PayloadMessage } from '../framing/message-reader.js';
import { type ChannelSettings, handshakeData } from '../options.js';
import type { ReasonedMessage } from '../protocol/extension.js';
import { type CreditMessage, type EndType, type HandshakeMessage, MessageType } from '../protocol/message.js';
import { GOING_AWAY } from '../protocol/own-reasons.js';
import { type Reason, reasonSize } from '../protocol/reason.js';
import { Once } from '../reactive/once.js';
import { reportError } from '../reactive/report-error.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { ChannelListener } from './channel-listener.js';
import { ChannelSource } from './channel-source.js';
import type { BlockedBy, ChannelStats } from './channel-stats.js';
import { ADAPTABLE_VERSION } from './adaptable.js';
import type { Channel, Delivery } from './channel.js';
import type { HalfEnd } from './half-end.js';
import { InboundHalf, type InboundListener } from './inbound-half.js';
import { INSPECT, type Inspect, inspected } from './inspected.js';
import { iterate } from './iterate.js';
import { OutboundHalf, type OutboundListener } from './outbound-half.js';
import { NOT_WATCHED, type Watched } from './quiet-watch.js';
import type { Shared } from './shared.js';
import { shortText } from './short-text.js';
import type { Taker } from './taker.js';
import { blockedBy, type ChannelParts, snapshot } from './snapshot.js';

const NO_DATA = new Uint8Array();

/** Every channel tells these several times, busy ones after each turn. Made once, they cost no closure and no look-up by name. */
const TELL = {
  taken: (to: ChannelListener) => to.onTaken?.(),
  stopped: (to: ChannelListener, end: HalfEnd) => to.onStopped?.(end),
  endSent: (to: ChannelListener, end: HalfEnd) => to.onEndSent?.(end),
  peerError: (to: ChannelListener, error: unknown) => to.onPeerError?.(error),
  inboundOver: (to: ChannelListener, end: HalfEnd) => to.onInboundOver?.(end),
  cut: (to: ChannelListener, error: unknown) => to.onCut?.(error),
  order: (to: ChannelListener) => to.onOrder?.(),
} as const;

/** Whether it is a `ChannelError`, of this copy of the package or of another one. */
const isChannelError = (error: unknown): error is Reason => CHANNEL_ERROR in (Object(error) as object);

const lengthOf = (reason: Reason | undefined): number => (reason === undefined ? 0 : reasonSize(reason));

/**
 * A channel as its mux and the application see it: this class decides what each message means, and what becomes of the
 * channel then. The halves keep the bytes, and {@link ChannelSource} says what is to be said.
 */
export class MuxChannel<H>
  extends ChannelSource<H>
  implements Channel<H>, Watched, InboundListener, OutboundListener
{
  protected readonly inbound: InboundHalf;
  protected readonly outbound: OutboundHalf;
  /** Bytes of the peer's handshake data and reasons that are kept. */
  #keptLength = 0;
  /** Whether the peer's HANDSHAKE may have opened the number, as this side's has: an answer has a STATUS with it. */
  #mayBeOpening = false;
  watchPlace = NOT_WATCHED;
  readonly #openedAt: number;
  #label: string | undefined;
  #listeners: readonly ChannelListener[] | undefined;
  #closed$: Once<void> | undefined;

  constructor(id: number, openedBy: 'local' | 'peer', settings: ChannelSettings, shared: Shared<H>) {
    super(id, openedBy, settings, shared);
    const { highWaterMark, maxHighWaterMark, sendHighWaterMark, checkReadOverflow } = settings;
    const window = new ReceiveWindow(highWaterMark, maxHighWaterMark, shared.windowGrowth);
    this.inbound = new InboundHalf(window, checkReadOverflow, this);
    this.outbound = new OutboundHalf(sendHighWaterMark, this);
    this.#label = settings.label;
    this.#openedAt = this.now;
  }

  // What the application uses.

  get inbound$(): Subject<Buffer> {
    return this.inbound.inbound$;
  }

  get outbound$(): Subject<Uint8Array | string> {
    return this.outbound.outbound$;
  }

  get deliveries$(): Observable<Delivery> {
    return this.inbound.deliveries$;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Buffer> {
    const leave = (): void => {
      this.cancel();
    };
    return iterate(this.deliveries$, ({ chunk }) => chunk, leave);
  }

  get handshake$(): Observable<H> {
    return this.peerHandshake.handshake$;
  }

  get handshake(): H | undefined {
    return this.peerHandshake.value;
  }

  delayHandshake(): (data?: Uint8Array | string) => void {
    this.#assertUnanswered();
    this.reply = this.reply.delay();
    return (data) => {
      this.accept(data);
    };
  }

  accept(data?: Uint8Array | string): void {
    if (this.#isToBeAnswered()) {
      this.answer(handshakeData(data, this.shared.framing));
    }
  }

  reject(reason?: Reason): void {
    if (!this.#isToBeAnswered()) {
      return;
    }
    if (reason !== undefined) {
      const { code, message } = anyObject('reason', reason);
      text('reason.code', code);
      text('reason.message', message);
    }
    this.#refuse(reason);
  }

  get sendWindow$(): StateObservable<number> {
    return this.outbound.sendWindow$;
  }

  get receiveWindow$(): StateObservable<number> {
    return this.inbound.receiveWindow$;
  }

  get acknowledged$(): StateObservable<number> {
    return this.outbound.acknowledged$;
  }

  get bufferedAmount(): number {
    return this.outbound.pending;
  }

  get writable$(): StateObservable<boolean> {
    return this.outbound.writable$;
  }

  get stopped$(): Observable<void> {
    return this.outbound.stopped$;
  }

  cancel(): void {
    this.inbound.cancel();
  }

  destroy(error?: unknown): void {
    const end: HalfEnd = error === undefined ? {} : { error };
    const endsInbound = this.inbound.over === undefined;
    this.inbound.close(end);
    if (this.isRemoved) {
      return;
    }
    if (error === undefined) {
      this.outbound.finish(end);
    } else {
      if (endsInbound) {
        this.#breaks(error);
      }
      this.abort(error);
    }
    if (!this.reply.isAnswered) {
      this.trouble = { ...this.trouble, isUnanswered: true };
      this.answer(NO_DATA); // the end can only follow the answer
    }
  }

  stats(): ChannelStats {
    return snapshot(this.#parts(), this.shared.startedAt + this.#openedAt, this.now);
  }

  /** A name of its own: what has none is data to Vue, which makes proxies of that. Private members are unknown to them. */
  // eslint-disable-next-line @typescript-eslint/class-literal-property-style -- a field would be one more in each object
  get [Symbol.toStringTag](): string {
    return 'Channel';
  }

  /** What `util.inspect` shows. */
  [INSPECT](depth: number, options: object, inspect: Inspect): string {
    const { label, openedBy, states, unread, queued, blockedBy, blockedFor, unreadFor } = this.stats();
    const name = `Channel ${this.id}${label === undefined ? '' : ` '${label}'`}`;
    const waiting = { blockedBy, ...(blockedBy && { blockedFor }), ...(unread > 0 && { unreadFor }) };
    return inspected(name, { openedBy, states, unread, queued, ...waiting }, depth, options, inspect);
  }

  get closed$(): Observable<void> {
    if (this.#closed$ === undefined) {
      this.#closed$ = new Once<void>();
      this.#settleClosed();
    }
    return this.#closed$;
  }

  // What it has said itself.

  protected onAnnounced(pre: boolean): void {
    const { handshakeSent$, sender } = this.shared;
    if (handshakeSent$.observed) {
      sender.afterFlush((isFull) => {
        handshakeSent$.next({ channel: this, pre, complete: !isFull });
      });
    }
  }

  // What the halves ask and tell.

  /** Whole ms since the mux began. */
  get now(): number {
    return this.shared.now();
  }

  get hasRoom(): boolean {
    return this.shared.sender.hasRoom;
  }

  onConsumed(): void {
    const { sender, quietWatch } = this.shared;
    if (this.isGrantDue) {
      sender.requestGrant(this);
    } else if (!quietWatch.isWatched(this) && !this.isRemoved && this.inbound.mayStallPeer) {
      quietWatch.watch(this);
    }
  }

  onInboundOver(end: HalfEnd): void {
    this.#tell(TELL.inboundOver, end);
  }

  onLost(error: unknown): void {
    this.destroy(error);
  }

  onCancelled(): void {
    if (this.stop === 'none' && !this.isRemoved && !this.reply.isRefusal) {
      this.stop = 'due';
      if (this.isStopDue) {
        this.requestControl();
      }
    }
  }

  onReady(): void {
    this.shared.sender.requestTurn(this);
  }

  onEnding(end: HalfEnd): void {
    if ('error' in end) {
      this.#breaks(end.error);
    }
    if (this.outbound.dueEnd !== undefined) {
      this.requestControl();
    }
  }

  onStarved(): void {
    this.shared.over(this.id, new CarrierEndedError({ channelId: this.id }));
  }

  onTaken(): void {
    this.#tell(TELL.taken, undefined);
  }

  onStopped(end: HalfEnd): void {
    this.#tell(TELL.stopped, end);
  }

  onEndSent(end: HalfEnd): void {
    this.#tell(TELL.endSent, end);
  }

  protected onOrder(): void {
    this.#tell(TELL.order, undefined);
  }

  // What the watch for quiet peers asks and tells.

  takeSignOfLife(): boolean {
    return this.inbound.takeHasReceived();
  }

  onQuiet(): void {
    this.inbound.peerIsQuiet();
    if (this.isGrantDue) {
      this.requestControl();
    }
  }

  // What adapters need besides.

  /** Says to them that it is a channel. */
  get [CHANNEL](): number {
    return ADAPTABLE_VERSION;
  }

  /** Where their timers run. */
  get scheduler(): SchedulerLike {
    return this.shared.scheduler;
  }

  /** Those of the carrier. */
  get addresses(): SocketAddresses {
    return this.shared.addresses;
  }

  /** Gives the peer's bytes to `taker`, as to a subscriber of `deliveries$`, until it leaves. */
  take(taker: Taker): void {
    this.inbound.take(taker);
  }

  /** Gives it no more. */
  leave(taker: Taker): void {
    this.inbound.leave(taker);
  }

  /** Counts bytes that came through `deliveries$` as consumed, without the delivery. */
  acknowledge(bytes: number): void {
    this.inbound.acknowledge(bytes);
  }

  /** Takes back the end of the chunk that `deliveries$` is emitting: it is emitted again when somebody asks for bytes. */
  putBack(bytes: Buffer): void {
    this.inbound.putBack(bytes);
  }

  /** Whether nobody wants more of the peer's bytes. */
  get isInboundCancelled(): boolean {
    return this.inbound.isCancelled;
  }

  /** Bytes that the peer may still send. */
  get inboundCredit(): number {
    return this.inbound.remaining;
  }

  /** Refuses a channel of the peer's, if it has not been answered. Who answers it then is too late, and that is no mistake. */
  refuseUnanswered(reason: Reason | undefined): void {
    if (this.openedBy === 'peer' && !this.reply.isAnswered) {
      this.trouble = { ...this.trouble, isUnanswered: true };
      this.#refuse(reason);
    }
  }

  /** Why the channel is going to be destroyed, as the peer may know it. */
  giveReason(reason: Reason): void {
    this.trouble = { reason: this.cutReason(reason), ...this.trouble };
  }

  /** Whether bytes can be given without ending up behind more than `sendHighWaterMark` of them. */
  get isWritable(): boolean {
    return this.outbound.isWritable;
  }

  /** Queued bytes from which on it is not writable. */
  get sendHighWaterMark(): number {
    return this.outbound.highWaterMark;
  }

  /** What broke the channel first, where something has. */
  get broken(): HalfEnd | undefined {
    return this.trouble.broken;
  }

  /** Whether it is gone without both sides having come to their end: with the mux, or the carrier; or is turned away. */
  get isCut(): boolean {
    return this.trouble.cut !== undefined || this.isTurnedAway;
  }

  /** Whether the peer has refused it since it takes no more: it was on its way when that was said. */
  get isTurnedAway(): boolean {
    const { isRefused = false, peerError } = this.trouble;
    return isRefused && this.shared.peer.isGoingAway && peerError?.reason?.code === GOING_AWAY.code;
  }

  /** How the outbound half has ended for the application, where it has. */
  get outboundEnd(): HalfEnd | undefined {
    return this.outbound.end;
  }

  /** What `outbound$.next` does. */
  give(value: Uint8Array | string): void {
    this.outbound.give(value);
  }

  /** What `outbound$.complete` and `outbound$.error` do. */
  finish(end: HalfEnd): void {
    this.outbound.finish(end);
  }

  /** Ends the outbound half at once: what waits is dropped, and ERROR_END follows where the peer would miss it. */
  abort(error: unknown): void {
    if (!this.isRemoved && this.outbound.hasToStop) {
      this.#brokenBy({ error });
      this.outbound.abort({ error });
    }
  }

  /** Tells `listener` what happens, and what has happened. */
  listen(listener: ChannelListener): void {
    this.#listeners = this.#listeners === undefined ? [listener] : [...this.#listeners, listener];
    const { end, endSent } = this.outbound;
    if (end !== undefined) {
      listener.onStopped?.(end);
    }
    if (endSent !== undefined) {
      listener.onEndSent?.(endSent);
    }
    if (this.trouble.peerError !== undefined) {
      listener.onPeerError?.(this.trouble.peerError);
    }
    if (this.inbound.over !== undefined) {
      listener.onInboundOver?.(this.inbound.over);
    }
    if (this.trouble.cut !== undefined) {
      listener.onCut?.(this.trouble.cut.error);
    }
  }

  /** Tells it nothing more. */
  unlisten(listener: ChannelListener): void {
    this.#listeners = this.#listeners?.filter((one) => one !== listener);
  }

  // What the mux asks and tells.

  /** The peer has said that it knows more than bpmux. */
  peerIsKnown(): void {
    if (this.isStopDue) {
      this.requestControl();
    }
  }

  /** Whether nobody has seen to the answer yet. */
  get isUndecided(): boolean {
    return this.reply.isUndecided;
  }

  /** Whether this side's END or ERROR_END has been written. */
  get isEndSent(): boolean {
    return this.outbound.isEndWritten;
  }

  /** Answers the channel, which has not been answered, or opens it, with `data`. */
  answer(data: Uint8Array): void {
    const blocker = this.#blocker();
    this.reply = this.reply.settle(data);
    this.requestControl();
    this.#blockedAnew(blocker);
  }

  /** It is called what the handshake data says with which it is opened, where it has no name. */
  nameAfter(data: unknown): void {
    this.#label ??= shortText(data);
  }

  /** Somebody is being offered the channel. */
  offering(): void {
    this.reply = this.reply.offering();
  }

  /** Everybody who was offered the channel has seen it. */
  offered(): void {
    const blocker = this.#blocker();
    this.reply = this.reply.offered();
    if (this.reply.due !== undefined) {
      this.requestControl();
    }
    this.#blockedAnew(blocker);
  }

  /** An end of the peer's that came before its HANDSHAKE: it is applied when that comes. */
  receiveEarlyEnd(end: EndType): void {
    this.trouble = { earlyEnd: end, ...this.trouble };
  }

  /** No more credit can come: the carrier has ended. */
  creditIsFinal(): void {
    this.outbound.creditIsFinal();
  }

  /** A message about the channel has come. What it means is judged here. */
  receive(message: ChannelMessage): void {
    switch (message.type) {
      case MessageType.data:
        this.#receiveData(message);
        break;
      case MessageType.status:
      case MessageType.finishedStatus:
      case MessageType.preHandshake:
        this.#receiveCredit(message);
        break;
      case MessageType.handshake:
        this.#receiveHandshake(message);
        break;
      case MessageType.end:
      case MessageType.errorEnd:
        this.#receiveEnd(message.type);
        break;
      case 'stop':
      case 'refuse':
      case 'reason':
        this.#receiveReasoned(message);
        break;
      case 'badHandshake':
        this.#receiveBadHandshake(message.error);
        break;
    }
  }

  /**
   * The channel is gone: both sides have ended, or, with an error, the mux has failed or the carrier has ended.
   *
   * @param error - what the halves that have not ended fail with
   * @param when - `inbound$`: at once, or after the bytes that wait
   */
  remove(error?: unknown, when: 'now' | 'after-waiting' = 'after-waiting'): void {
    this.isRemoved = true;
    this.shared.sender.forget(this);
    this.shared.quietWatch.forget(this);
    if (this.#keptLength > 0) {
      this.keep(-this.#keptLength);
    }
    const end = error === undefined ? {} : { error };
    if (error !== undefined) {
      this.trouble = { ...this.trouble, cut: { error } };
      this.#brokenBy(end);
      if (when === 'now') {
        this.inbound.close(end);
      } else {
        this.inbound.end(end);
      }
    }
    this.inbound.remove();
    this.outbound.remove(end);
    if (error !== undefined) {
      this.#tell(TELL.cut, error);
    }
    this.peerHandshake.fail(this.trouble.broken?.error);
    this.#settleClosed();
  }

  #receiveData({ bytes, seq, isFirst }: PayloadMessage): void {
    if (!this.peerHandshake.hasCome) {
      if (isFirst) {
        this.#break(new ProtocolError('data before handshake', { channelId: this.id }));
      }
    } else if (this.hasPeerEnded) {
      if (isFirst) {
        this.#fault('data after end');
      }
    } else {
      this.#confirmHandshake();
      if (this.#mayBeOpening) {
        this.#mayBeOpening = false;
        this.inbound.bothHaveOpened(this.shared.peer.promised);
        this.requestControl();
      }
      if (!this.inbound.receive(bytes, seq)) {
        this.#break(new ReadOverflowError({ channelId: this.id }));
      }
    }
  }

  #receiveCredit({ type, free, seq }: CreditMessage): void {
    const { hasCome } = this.peerHandshake;
    if (type === MessageType.finishedStatus && !this.hasPeerEnded) {
      return; // it is about an earlier channel of the number, of which the peer has read the rest
    }
    if (hasCome === (type !== MessageType.preHandshake)) {
      this.#confirmHandshake();
      this.#mayBeOpening = false;
      const blocker = this.#blocker();
      if (!hasCome) {
        this.trouble = { ...this.trouble, hasPreHandshakeCome: true };
      }
      this.outbound.grant(free, seq);
      this.#blockedAnew(blocker);
    } else {
      this.#fault(hasCome ? 'pre-handshake after handshake' : 'status before handshake');
    }
  }

  #receiveHandshake({ free, data }: HandshakeMessage): void {
    if (this.peerHandshake.hasCome) {
      this.#fault('second handshake');
      return;
    }
    if (!this.keep(data.length)) {
      this.#receiveBadHandshake(new HeaderTooBigError({ channelId: this.id }));
      return;
    }
    const { info, promised } = this.shared.peer;
    if (info !== undefined && this.openedBy === 'peer') {
      this.inbound.promise(promised); // it may send so much without waiting for the answer
    }
    this.#mayBeOpening =
      info !== undefined && this.openedBy === 'local' && this.#peerHandshakeState() === 'awaited';
    if (this.openedBy === 'peer' && this.shared.isHandshakeParsed) {
      this.nameAfter(data); // what is made of it may be no text
    }
    const blocker = this.#blocker();
    if (this.outbound.sent === 0) {
      this.outbound.grant(free, 0);
    }
    const mayBeRefusal = this.openedBy === 'local' && data.length === 0 && this.outbound.isWithoutCreditSoFar;
    this.peerHandshake.come(data);
    this.#blockedAnew(blocker);
    if (!mayBeRefusal) {
      this.#confirmHandshake();
    }
    this.#applyEarlyEnd();
  }

  #receiveReasoned({ type, reason }: ReasonedMessage): void {
    if (this.shared.peer.info === undefined) {
      this.#fault(`${type} before hello`);
    } else if (type === 'reason') {
      this.#keepPeerReason(reason);
    } else if (type === 'stop') {
      if (this.#peerHandshakeState() !== 'awaited' && this.outbound.hasToStop) {
        this.outbound.abort({ error: new StoppedError({ channelId: this.id, reason: this.#kept(reason) }) });
      } // else it may be about an earlier channel of the number
    } else if (this.openedBy === 'peer' || this.peerHandshake.hasCome) {
      this.#fault('refusal after handshake');
    } else {
      this.trouble = { ...this.trouble, isRefused: true };
      this.#keepPeerReason(reason);
      this.peerHandshake.fail(new PeerError({ channelId: this.id, reason: this.trouble.peerReason }));
      this.outbound.grant(0, 0); // it takes nothing of what was given to it
      this.#receiveEnd(MessageType.errorEnd);
    }
  }

  /** Remembers a reason of the peer's in place of the one before. */
  #keepPeerReason(reason: Reason | undefined): void {
    this.keep(-lengthOf(this.trouble.peerReason));
    this.trouble = { ...this.trouble, peerReason: this.#kept(reason) };
  }

  /** A reason of the peer's, where there is memory for it; else none. */
  #kept(reason: Reason | undefined): Reason | undefined {
    return this.keep(lengthOf(reason)) ? reason : undefined;
  }

  /** Counts so many bytes more that the peer has had this side keep. Returns whether there is memory for them. */
  keep(bytes: number): boolean {
    const isThere = this.shared.handshakeMemory.resize(this.#keptLength, this.#keptLength + bytes);
    if (isThere) {
      this.#keptLength += bytes;
    }
    return isThere;
  }

  /** A HANDSHAKE has come that cannot be taken: the channel fails, and ends when the peer ends it. */
  #receiveBadHandshake(error: MuxError): void {
    this.shared.faults$.next(error);
    if (!this.peerHandshake.hasCome) {
      this.peerHandshake.fail(error);
      this.destroy(error);
      this.#applyEarlyEnd();
    }
  }

  /** The channel is not refused: what has come says so. */
  #confirmHandshake(): void {
    const problem = this.peerHandshake.confirm(this.shared.parseHandshake, this.id);
    if (problem !== undefined) {
      this.shared.faults$.next(problem);
    }
  }

  #applyEarlyEnd(): void {
    if (this.trouble.earlyEnd !== undefined) {
      this.#receiveEnd(this.trouble.earlyEnd);
    }
  }

  #receiveEnd(end: EndType): void {
    if (!this.peerHandshake.hasCome) {
      this.receiveEarlyEnd(end);
      return;
    }
    if (this.hasPeerEnded) {
      this.#fault('second end');
      return;
    }
    this.hasPeerEnded = true;
    if (end === MessageType.end) {
      this.#confirmHandshake();
      this.inbound.end({});
    } else {
      this.#receiveError();
    }
    this.overIfBothEnded();
  }

  #receiveError(): void {
    const { peerReason, isRefused = false } = this.trouble;
    const isForStop = this.stop === 'sent' && !isRefused && peerReason === undefined;
    if (this.reply.isRefusal || isForStop) {
      this.inbound.end({});
      return;
    }
    const error = new PeerError({ channelId: this.id, reason: peerReason });
    this.trouble = { ...this.trouble, peerError: error };
    this.#brokenBy({ error });
    this.peerHandshake.fail(error); // where it was in doubt: it was a refusal
    this.inbound.end({ error });
    if (isRefused || (this.openedBy === 'local' && this.outbound.isWithoutCreditSoFar)) {
      this.outbound.abort({ error }); // a refusal: what was given to this channel will never be taken
    }
    this.#tell(TELL.peerError, error);
  }

  /** This side breaks it. The peer hears why where that is for it. */
  #breaks(error: unknown): void {
    this.#brokenBy({ error });
    if (isChannelError(error)) {
      this.giveReason(error);
    }
  }

  /** The first time counts. */
  #brokenBy(end: HalfEnd): void {
    this.trouble = { broken: end, ...this.trouble };
  }

  #fault(message: string): void {
    this.shared.faults$.protocol(message, this.id);
  }

  /** What a snapshot is made of. */
  #parts(): ChannelParts {
    const { id, openedBy, priority, weight, inbound, outbound, reply } = this;
    const label = this.#label ?? (openedBy === 'peer' ? shortText(this.peerHandshake.value) : undefined);
    const peerHandshake = this.#peerHandshakeState();
    const blocker = this.#blocker();
    return { id, openedBy, label, priority, weight, inbound, outbound, reply, peerHandshake, blocker };
  }

  #peerHandshakeState(): ChannelParts['peerHandshake'] {
    if (this.peerHandshake.hasFailed) {
      return 'failed';
    }
    if (this.peerHandshake.hasCome) {
      return 'come';
    }
    return this.trouble.hasPreHandshakeCome === true ? 'delayed' : 'awaited';
  }

  /** What keeps what waits from leaving. */
  #blocker(): BlockedBy | undefined {
    return blockedBy(this.reply, this.outbound, this.#peerHandshakeState());
  }

  /** It was that until now. Where it is something else, its time begins. */
  #blockedAnew(before: BlockedBy | undefined): void {
    if (before !== this.#blocker()) {
      this.outbound.waitsAnew();
    }
  }

  /** The peer has done what the channel does not survive. */
  #break(error: MuxError): void {
    this.destroy(error);
    this.shared.faults$.next(error);
  }

  /** Whether the answer may be given. One that was destroyed before has nothing more to say, however late the answer comes. */
  #isToBeAnswered(): boolean {
    if (this.trouble.isUnanswered === true) {
      return false;
    }
    this.#assertUnanswered();
    return true;
  }

  #refuse(reason: Reason | undefined): void {
    if (reason !== undefined) {
      this.trouble = { ...this.trouble, reason: this.cutReason(reason) };
    }
    this.reply = this.reply.refuse(this.shared.peer.info !== undefined);
    this.shared.counts.rejected += 1;
    this.requestControl();
    this.inbound.close({});
    this.outbound.refuse({ error: new StoppedError({ channelId: this.id }) });
  }

  #assertUnanswered(): void {
    if (this.openedBy === 'local' || this.reply.isAnswered) {
      throw new MuxError('ERR_RXMUX_HANDSHAKE_SENT', 'handshake already sent', { channelId: this.id });
    }
  }

  #tell<T>(tell: (listener: ChannelListener, what: T) => void, what: T): void {
    if (this.#listeners !== undefined) {
      for (const listener of this.#listeners) {
        try {
          tell(listener, what);
        } catch (error) {
          reportError(error);
        }
      }
    }
  }

  #settleClosed(): void {
    if (this.#closed$ === undefined || !this.isRemoved) {
      return;
    }
    if (this.trouble.broken === undefined) {
      this.#closed$.settle();
    } else {
      this.#closed$.error(this.trouble.broken.error);
    }
  }
}
