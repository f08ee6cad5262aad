import type { Observable, Subject } from 'rxjs';
import { toBytes } from '../arguments.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { memoryIsGone } from '../flow/memory-is-gone.js';
import { SendWindow } from '../flow/send-window.js';
import { type EndType, MessageType } from '../protocol/message.js';
import { Once } from '../reactive/once.js';
import { State } from '../reactive/state.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { endedAs, endSubject } from './end-subject.js';
import type { HalfEnd } from './half-end.js';
import { OutboundSubject } from './outbound-subject.js';

/** What is queued where nothing has been given yet. Never pushed to. */
const NOTHING = new ByteQueue();

/** What an {@link OutboundHalf} tells its channel. */
export interface OutboundListener {
  /** Bytes may leave that could not before. */
  onReady(): void;
  /** The application has ended the half. END or ERROR_END is due, or will be when the bytes before it have left. */
  onEnding(end: HalfEnd): void;
  /** Bytes wait for credit, and none can come any more. */
  onStarved(): void;
  /** Queued bytes have been passed on to the carrier. */
  onTaken(): void;
  /** `outbound$` takes no more, and why. */
  onStopped(end: HalfEnd): void;
  /** END or ERROR_END has been written; or, with an error, it never will be, or bytes that were given are lost. */
  onEndSent(end: HalfEnd): void;
  /** ms since the mux began. */
  readonly now: number;
  /** Whether the carrier takes something now. */
  readonly hasRoom: boolean;
}

/**
 * The application's bytes on their way to the peer: keeps them until credit and capacity let them go, and knows when
 * the end is due.
 */
export class OutboundHalf {
  readonly #window = new SendWindow();
  /** One of its own is made when there are bytes for it: many channels only listen. */
  #queue = NOTHING;
  /** Queued bytes from which on `writable$` is false. */
  readonly highWaterMark: number;
  readonly #listener: OutboundListener;
  /** Whether this side's HANDSHAKE has been sent, so that bytes and the end may follow. */
  #isAnnounced = false;
  /** How the half has ended for the application; the peer hears of it after the bytes before it. */
  #end: HalfEnd | undefined;
  /** Whether those who listen have been told of that. */
  #isEndTold = false;
  #ending: EndType | undefined;
  #isEndWritten = false;
  /** How the end came to be sent, or, with an error, not to be sent after all the bytes. */
  #endSent: HalfEnd | undefined;
  #isCreditFinal = false;
  #isRemoved = false;
  /** Since when what waits has been kept from leaving by the same. */
  #waitsSince = 0;

  #outbound$: OutboundSubject<Uint8Array | string> | undefined;
  #sendWindow$: State<number> | undefined;
  #acknowledged$: State<number> | undefined;
  #writable$: State<boolean> | undefined;
  #stopped$: Once<void> | undefined;

  /**
   * @param highWaterMark - queued bytes from which on `writable$` is false
   * @param listener - the channel
   */
  constructor(highWaterMark: number, listener: OutboundListener) {
    this.highWaterMark = highWaterMark;
    this.#listener = listener;
  }

  get outbound$(): Subject<Uint8Array | string> {
    return (this.#outbound$ ??= endedAs(this.#end, new OutboundSubject(this)));
  }

  get sendWindow$(): StateObservable<number> {
    return (this.#sendWindow$ ??= new State(this.#window.credit, this.#isRemoved));
  }

  get writable$(): StateObservable<boolean> {
    return (this.#writable$ ??= new State(this.isWritable, !this.isOpen));
  }

  get acknowledged$(): StateObservable<number> {
    return (this.#acknowledged$ ??= new State(this.#window.acknowledged, this.#isRemoved));
  }

  get stopped$(): Observable<void> {
    if (this.#stopped$ === undefined) {
      this.#stopped$ = new Once<void>();
      if (!this.isOpen) {
        this.#stopped$.settle();
      }
    }
    return this.#stopped$;
  }

  /** Whether the application may give more. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** How the half has ended for the application, where it has. */
  get end(): HalfEnd | undefined {
    return this.#end;
  }

  /** Bytes that wait to be sent. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Whether fewer bytes wait than the high-water mark says. */
  get isWritable(): boolean {
    return this.pending < this.highWaterMark;
  }

  /** Bytes that may be sent now. */
  get credit(): number {
    return this.#isAnnounced ? this.#window.credit : 0;
  }

  /** Credit, also where this side's HANDSHAKE has not been sent. */
  get window(): number {
    return this.#window.credit;
  }

  /** Bytes that have been sent: all of them, not modulo 2^32. */
  get sent(): number {
    return this.#window.total;
  }

  /** Bytes that the peer has said it has received. */
  get acknowledged(): number {
    return this.#window.acknowledged;
  }

  /** Whether bytes, or the end, are still to leave. */
  get isWaiting(): boolean {
    return this.pending > 0 || (this.#ending !== undefined && !this.#isEndWritten);
  }

  /** Since when they have been kept from that by the same, and none has left: ms since the mux began. */
  get waitsSince(): number {
    return this.#waitsSince;
  }

  /** What waits is kept from leaving by something else from now on, or some of it has left. */
  waitsAnew(): void {
    if (this.isWaiting) {
      this.#waitsSince = this.#listener.now;
    }
  }

  /** Bytes sent, modulo 2^32. */
  get seq(): number {
    return this.#window.seq;
  }

  /** Whether the peer has never granted anything. */
  get isWithoutCreditSoFar(): boolean {
    return this.sent === 0 && this.#window.credit === 0;
  }

  /** Whether END or ERROR_END has been written. */
  get isEndWritten(): boolean {
    return this.#isEndWritten;
  }

  /** Set when END or ERROR_END has been written; with an error where it never will be, or bytes before it are lost. */
  get endSent(): HalfEnd | undefined {
    return this.#endSent;
  }

  /** The end, where it is due now: all before it has been sent. */
  get dueEnd(): EndType | undefined {
    const isDue = this.#isAnnounced && !this.#isEndWritten && this.pending === 0;
    return isDue ? this.#ending : undefined;
  }

  /** This side's HANDSHAKE has been sent. */
  announced(): void {
    this.#isAnnounced = true;
    this.#tellIfReadyNow(false);
    this.waitsAnew();
  }

  /** Takes bytes from the application, unless it has ended the half. */
  give(value: Uint8Array | string): void {
    if (this.isOpen) {
      this.#push(toBytes('what outbound$ is given', value), value);
    }
  }

  #push(bytes: Buffer, value: Uint8Array | string): void {
    const wasReady = this.#isReady();
    const isFirst = this.pending === 0;
    if (this.#queue === NOTHING) {
      this.#queue = new ByteQueue();
    }
    if (isFirst && this.#hasToWait(bytes)) {
      this.#queue.pushWaiting(bytes); // what comes behind other bytes is copied in any case, where it is small
    } else {
      this.#queue.push(bytes);
    }
    if (this.#outbound$?.observed === true) {
      this.#outbound$.show(value); // before others hear of it, who may give more, or the end
    }
    this.#tellIfReadyNow(wasReady);
    if (isFirst) {
      this.waitsAnew(); // behind that: a turn is due now, for which the time is looked up once
    }
    this.#updateWritable();
    this.#checkStarved();
  }

  /** Whether the first bytes cannot leave in this turn. What is given with the opening of the channel mostly leaves with that. */
  #hasToWait(bytes: Buffer): boolean {
    const isBeyondCredit = this.#isAnnounced && bytes.length > this.#window.credit;
    return isBeyondCredit || !this.#listener.hasRoom;
  }

  /** The peer has seen the bytes up to `seq` and takes `free` more. */
  grant(free: number, seq: number): void {
    const wasReady = this.#isReady();
    this.#window.grant(free, seq);
    this.#sendWindow$?.change(this.#window.credit);
    this.#acknowledged$?.change(this.#window.acknowledged);
    this.#tellIfReadyNow(wasReady);
  }

  /** No more credit can come. */
  creditIsFinal(): void {
    this.#isCreditFinal = true;
    this.#checkStarved();
  }

  /**
   * Takes bytes to be sent now, at most `max`: what there is in one piece. Some must wait. None come where their memory is
   * gone: then the half has failed.
   */
  take(max: number): Buffer {
    const bytes = this.#queue.take(max);
    this.#window.sent(bytes.length);
    if (bytes.length === 0) {
      const end = { error: memoryIsGone('bytes given to outbound$ that waited to be sent') };
      this.#end ??= end;
      this.#endIsSettled(end);
      this.#fail(end, true);
    }
    return bytes;
  }

  /** Takes `bytes`, as far as there are so many, in as many pieces as they are. */
  takeMore(bytes: number): Buffer[] {
    const pieces: Buffer[] = [];
    let left = bytes;
    while (left > 0 && this.pending > 0) {
      const piece = this.take(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return pieces;
  }

  /** To be called when what was taken has been passed on: tells those who wait for it. */
  taken(): void {
    this.waitsAnew();
    this.#sendWindow$?.change(this.#window.credit);
    this.#updateWritable();
    this.#listener.onTaken();
    this.#checkStarved();
  }

  /** The application ends the half; the peer hears of it after the bytes before. */
  finish(end: HalfEnd): void {
    if (this.#end === undefined) {
      this.#ending = 'error' in end ? MessageType.errorEnd : MessageType.end;
      this.#stop(end);
      this.#listener.onEnding(end);
      if (this.pending === 0) {
        this.waitsAnew();
      }
    }
  }

  /** Ends the half at once, with ERROR_END where the peer would else take what it has got for the whole. */
  abort(end: HalfEnd): void {
    this.#fail(end, this.#drop(end));
  }

  /** Whether it is to be ended where the peer takes no more: an end that all has been sent before stays as it is. */
  get hasToStop(): boolean {
    return !this.#isEndWritten && (this.isOpen || this.pending > 0);
  }

  /**
   * Ends the half at once, with ERROR_END whatever was to come: the channel is refused.
   *
   * @param lost - what becomes of bytes that wait
   */
  refuse(lost: HalfEnd): void {
    this.#drop(lost, {});
    this.#fail({}, true);
  }

  /** END or ERROR_END has been written. */
  endWritten(): void {
    this.#isEndWritten = true;
    this.#endIsSettled({});
  }

  /** The channel is removed; with what broke the half, where it had not ended. */
  remove(end: HalfEnd): void {
    this.#isRemoved = true;
    this.#isEndWritten = true; // or it never will be
    this.#drop(end);
    this.#stop(end);
    this.#sendWindow$?.complete();
    this.#acknowledged$?.complete();
    this.#endIsSettled(end);
  }

  #fail(end: HalfEnd, hasLost: boolean): void {
    if (hasLost || this.#ending === undefined) {
      this.#ending = MessageType.errorEnd;
    }
    this.#stop(end);
    this.#listener.onEnding(end);
    this.waitsAnew();
  }

  #endIsSettled(end: HalfEnd): void {
    if (this.#endSent === undefined) {
      this.#endSent = end;
      this.#listener.onEndSent(end);
    }
  }

  /**
   * Drops what waits: whoever waits for it to be sent hears why it is not, and can give no more. Returns whether there was
   * anything.
   */
  #drop(lost: HalfEnd, end = lost): boolean {
    this.#end ??= end;
    const hasLost = this.#queue.clear() > 0;
    if (hasLost) {
      this.#endIsSettled(lost);
    }
    return hasLost;
  }

  #checkStarved(): void {
    if (this.#isCreditFinal && this.pending > 0 && this.#window.credit === 0) {
      this.#listener.onStarved();
    }
  }

  #isReady(): boolean {
    return this.pending > 0 && this.credit > 0;
  }

  #tellIfReadyNow(wasReady: boolean): void {
    if (!wasReady && this.#isReady()) {
      this.#listener.onReady();
    }
  }

  #updateWritable(): void {
    this.#writable$?.change(this.isWritable);
  }

  /** The application may give no more. */
  #stop(end: HalfEnd): void {
    this.#end ??= end;
    if (!this.#isEndTold) {
      this.#isEndTold = true;
      endSubject(this.#outbound$, this.#end);
      this.#writable$?.complete();
      this.#stopped$?.settle();
      this.#listener.onStopped(this.#end);
    }
  }
}
