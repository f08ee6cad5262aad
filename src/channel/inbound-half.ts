import type { Observable, Subject } from 'rxjs';
import { type DemandListener, DemandSubject } from '../reactive/demand-subject.js';
import { ByteQueue } from '../flow/byte-queue.js';
import { memoryIsGone } from '../flow/memory-is-gone.js';
import type { ReceiveWindow } from '../flow/receive-window.js';
import type { Borrower } from '../flow/window-loans.js';
import { TurnTask } from '../reactive/turn-task.js';
import { State } from '../reactive/state.js';
import { isolated, reportError } from '../reactive/report-error.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Delivery } from './channel.js';
import { endedAs, endSubject } from './end-subject.js';
import type { HalfEnd } from './half-end.js';
import { InboundSubject } from './inbound-subject.js';
import { stillTaking, type Taker, withoutTaker, withTaker } from './taker.js';

/** What an {@link InboundHalf} tells its channel. */
export interface InboundListener {
  /** Bytes have been consumed, so that a grant may be due. */
  onConsumed(): void;
  /** `inbound$` has ended: all bytes before have been taken, or dropped. */
  onInboundOver(end: HalfEnd): void;
  /** Nobody wants the bytes that are still to come. */
  onCancelled(): void;
  /** Bytes that waited are gone. */
  onLost(error: unknown): void;
  /** ms since the mux began. */
  readonly now: number;
}

/** Where both sides have opened the channel. */
interface Crossing {
  /** Bytes that are taken though they are beyond the window; below 0 once there are none. */
  tolerated: number;
  isGrantOwed: boolean;
}

/**
 * The peer's bytes on their way to the application: counts them against the receive window, keeps them while nobody
 * asks for them, and tells when they have been consumed.
 *
 * Subjects are made when they are first asked for, since many channels never need them all.
 */
export class InboundHalf implements DemandListener, Borrower {
  readonly #window: ReceiveWindow;
  readonly #checkOverflow: boolean;
  readonly #listener: InboundListener;
  /** Made when the first bytes have to wait: most never do. */
  #waiting: ByteQueue | undefined;
  #seq = 0;
  #isDelivering = false;
  #hasReceived = false;
  #crossing: Crossing | undefined;
  #isCancelled = false;
  /** What `inbound$` ends with, once it is known: after the bytes that wait. */
  #end: HalfEnd | undefined;
  #hasEnded = false;
  #hasAllCome = false;
  #isRemoved = false;

  #inbound$: InboundSubject<Buffer> | undefined;
  #deliveries$: DemandSubject<Delivery> | undefined;
  #taker: Taker | undefined;
  #receiveWindow$: State<number> | undefined;
  #resuming: TurnTask | undefined;

  /**
   * @param window - the receive window
   * @param checkOverflow - whether bytes beyond the window are refused
   * @param listener - the channel
   */
  constructor(window: ReceiveWindow, checkOverflow: boolean, listener: InboundListener) {
    this.#window = window;
    this.#checkOverflow = checkOverflow;
    this.#listener = listener;
  }

  get inbound$(): Subject<Buffer> {
    return (this.#inbound$ ??= endedAs(this.over, new InboundSubject(this)));
  }

  get deliveries$(): Observable<Delivery> {
    return (this.#deliveries$ ??= endedAs(this.over, new DemandSubject<Delivery>(this)));
  }

  /** Gives bytes to `taker`, as to a subscriber of `deliveries$`. */
  take(taker: Taker): void {
    if (this.over === undefined) {
      this.#taker = withTaker(this.#taker, taker);
      this.onDemand();
    } else {
      taker.onEnd(this.over);
    }
  }

  /** Gives it no more. */
  leave(taker: Taker): void {
    this.#taker = withoutTaker(this.#taker, taker);
  }

  get receiveWindow$(): StateObservable<number> {
    return (this.#receiveWindow$ ??= new State(this.remaining, this.#isRemoved));
  }

  /** What the peer has sent, modulo 2^32, by its own count: what it wants to hear of in a STATUS. */
  get seq(): number {
    return this.#seq;
  }

  /** Bytes that the peer may still send: none, too, where it has sent more than it may. */
  get remaining(): number {
    return Math.max(0, this.#window.remaining);
  }

  /** Bytes that the peer has sent: all of them, not modulo 2^32. */
  get received(): number {
    return this.#window.total;
  }

  /** Bytes of them that have not been consumed. */
  get unread(): number {
    return this.#window.unconsumed;
  }

  /** Since when nobody takes them, where there are any: ms since the mux began. */
  get unreadSince(): number {
    return this.#window.unreadSince;
  }

  /** Whether it is time to grant the peer more. */
  get isGrantDue(): boolean {
    return this.#crossing?.isGrantOwed === true || this.#window.isGrantDue;
  }

  /** Whether something is due that is too little for a grant. If the peer then sends no more, call {@link peerIsQuiet}. */
  get mayStallPeer(): boolean {
    return this.#window.mayStallPeer;
  }

  /** Whether anything has come since the last call. */
  takeHasReceived(): boolean {
    const hasReceived = this.#hasReceived;
    this.#hasReceived = false;
    return hasReceived;
  }

  /** The peer has sent nothing for a while. A grant may be due. */
  peerIsQuiet(): void {
    this.#window.peerIsQuiet();
  }

  /** Grants the peer all there is room for. Returns the bytes that it may send now. */
  grantAtOnce(): number {
    this.#grant(true);
    return this.#window.remaining;
  }

  /** The same, or nothing, where a loan will soon make a whole window. Returns whether the peer is to be told. */
  grant(): boolean {
    const before = this.remaining;
    const isOwed = this.#crossing?.isGrantOwed === true;
    this.#grant(isOwed);
    return isOwed || this.#window.remaining > before;
  }

  /** It is this half's turn to have a loan for its window. */
  borrow(): boolean {
    const hasLoan = this.#window.borrow();
    if (hasLoan) {
      this.#listener.onConsumed();
    }
    return hasLoan;
  }

  stopWaiting(): void {
    this.#listener.onConsumed();
  }

  /** The peer has been told beforehand that it may send so many bytes. */
  promise(bytes: number): void {
    this.#window.promise(bytes); // nobody has got hold of the channel, or of its window, yet
  }

  /**
   * The peer has opened the channel, too. It may have sent so many bytes without this side's window, and then does not
   * know that one.
   */
  bothHaveOpened(bytes: number): void {
    this.#crossing = { tolerated: bytes, isGrantOwed: true };
  }

  /**
   * Takes bytes from the peer.
   *
   * @param seq - the peer's count of what it has sent, these bytes included
   * @returns `false` where the peer has overrun the window: the bytes are not taken
   */
  receive(bytes: Buffer, seq: number): boolean {
    this.#seq = seq;
    if (bytes.length === 0) {
      return true; // no window would count it
    }
    this.#hasReceived = true;
    const { unconsumed } = this.#window;
    this.#window.received(bytes.length);
    if (this.#crossing !== undefined) {
      this.#crossing.tolerated -= bytes.length;
    }
    this.#receiveWindow$?.change(this.remaining);
    if (this.#isCancelled) {
      this.#consumed(this.#window.unconsumed); // none, where whoever heard of the window has cancelled
    } else if (this.#checkOverflow && this.#window.remaining < 0 && !this.#isTolerated()) {
      return false;
    } else if (!this.hasWaiting && !this.#isDelivering && this.isObserved) {
      this.#deliver(bytes);
    } else {
      this.#waiting ??= new ByteQueue();
      this.#waiting.pushView(bytes);
    }
    if (unconsumed === 0) {
      this.#leftUnread();
    }
    return true;
  }

  /** The peer has ended, or the carrier has: `inbound$` completes, or errors, after the bytes that wait. */
  end(end: HalfEnd): void {
    this.#end ??= end;
    this.#hasAllCome = true;
    this.#endAfterWaiting();
    this.#giveBackMemory();
  }

  /** Whether bytes wait for a consumer. */
  get hasWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.length > 0;
  }

  /** Whether the peer has ended, or the carrier has. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  /** How `inbound$` has ended, where it has. */
  get over(): HalfEnd | undefined {
    return this.#hasEnded ? this.#end : undefined;
  }

  /** Wants no more bytes. */
  cancel(): void {
    if (!this.#isCancelled) {
      this.#isCancelled = true;
      this.#listener.onCancelled();
    }
    this.#waiting?.clear();
    this.#consumed(this.#window.unconsumed);
    this.#endAfterWaiting();
  }

  /** {@link cancel}, and `inbound$` completes, or errors, at once. */
  close(end: HalfEnd): void {
    if (!this.#hasEnded) {
      this.#end = end;
      this.cancel();
    }
  }

  /** The channel is removed: nothing more comes. */
  remove(): void {
    this.#isRemoved = true;
    this.#giveBackMemory();
    this.#receiveWindow$?.complete();
  }

  /**
   * The consumer is through with bytes that it was given. Once the half is cancelled, that has been said already. Where
   * several take the same bytes, the first of them has said it.
   */
  acknowledge(bytes: number): void {
    if (!this.#isCancelled) {
      this.#consumed(Math.min(bytes, this.#window.unconsumed));
    }
  }

  /** Takes back the end of the chunk that is being delivered: nobody wants it for the time being. */
  putBack(bytes: Buffer): void {
    if (!this.#isCancelled) {
      this.#waiting ??= new ByteQueue();
      this.#waiting.putBack(bytes);
    }
  }

  /** Whether nobody wants more bytes. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Somebody has subscribed: what waits comes at the end of the turn, when all have. */
  onDemand(): void {
    if (this.hasWaiting) {
      this.#resuming ??= new TurnTask(() => {
        this.#deliver();
      });
      this.#resuming.schedule();
    }
  }

  #grant(atOnce: boolean): void {
    this.#window.grant(this, atOnce);
    if (this.#crossing !== undefined) {
      this.#crossing.isGrantOwed = false;
    }
    this.#receiveWindow$?.change(this.#window.remaining);
  }

  #isTolerated(): boolean {
    return this.#crossing !== undefined && this.#crossing.tolerated >= 0;
  }

  /** Whether somebody asks for bytes. */
  get isObserved(): boolean {
    return (
      this.#taker !== undefined || this.#inbound$?.observed === true || this.#deliveries$?.observed === true
    );
  }

  /** Emits `first`, where it has just come, and what waits, for as long as somebody listens. */
  #deliver(first?: Buffer): void {
    this.#isDelivering = true;
    if (first !== undefined) {
      this.#emit(first);
    }
    while (this.#waiting !== undefined && this.#waiting.length > 0 && this.isObserved) {
      this.#emitNext(this.#waiting);
    }
    this.#isDelivering = false;
    this.#endAfterWaiting();
  }

  #emitNext(waiting: ByteQueue): void {
    const bytes = waiting.take(Infinity);
    if (bytes.length > 0) {
      this.#emit(bytes);
    } else {
      this.#listener.onLost(memoryIsGone('bytes that waited to be read'));
    }
  }

  /** Who comes while others are given bytes gets what follows. */
  #emit(bytes: Buffer): void {
    const present = this.#taker;
    const isHeld = this.#deliveries$?.observed === true;
    this.#inbound$?.deliver(bytes);
    const taker = stillTaking(present, this.#taker);
    if (taker !== undefined) {
      try {
        taker.onBytes(bytes);
      } catch (error) {
        reportError(error); // as RxJS does with a subscriber's
      }
    }
    if (isHeld && this.#deliveries$?.observed === true) {
      this.#deliveries$.next(new InboundDelivery(bytes, this));
    } else if (taker === undefined) {
      this.acknowledge(bytes.length);
    }
  }

  #consumed(bytes: number): void {
    this.#window.consumed(bytes);
    this.#leftUnread();
    this.#listener.onConsumed();
    this.#giveBackMemory();
  }

  /** Where all has come and been consumed, the window is needed no more: the channel may live on with its other half. */
  #giveBackMemory(): void {
    if (this.#isRemoved || (this.#hasAllCome && this.#window.unconsumed === 0)) {
      this.#window.release();
    }
  }

  /** Bytes have come, or have been taken, and some are left. */
  #leftUnread(): void {
    if (this.#window.unconsumed > 0) {
      this.#window.unreadSince = this.#listener.now;
    }
  }

  #endAfterWaiting(): void {
    if (this.#end !== undefined && !this.hasWaiting && !this.#isDelivering) {
      this.#endNow(this.#end);
    }
  }

  #endNow(end: HalfEnd): void {
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#end = end;
      endSubject(this.#inbound$, end);
      endSubject(this.#deliveries$, end);
      const taker = this.#taker;
      if (taker !== undefined) {
        this.#taker = undefined;
        isolated(() => {
          taker.onEnd(end);
        });
      }
      this.#listener.onInboundOver(end);
    }
  }
}

/** Makes its `ack` when it is asked for: those who read by other means, as the Duplex, never do. */
class InboundDelivery implements Delivery {
  #isAcknowledged = false;

  constructor(
    readonly chunk: Buffer,
    private readonly half: InboundHalf,
  ) {}

  get ack(): () => void {
    return () => {
      if (!this.#isAcknowledged) {
        this.#isAcknowledged = true;
        this.half.acknowledge(this.chunk.length);
      }
    };
  }
}
