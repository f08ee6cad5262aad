import { type MonoTypeOperatorFunction, Observable, Subscription } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import type { Framing } from '../framing/framing.js';
import { MessageWriter } from '../framing/message-writer.js';
import type { Traffic } from '../framing/traffic.js';
import { Broadcast } from '../reactive/broadcast.js';
import { Once } from '../reactive/once.js';
import { Outlet } from '../reactive/outlet.js';
import { type TurnScheduler, TurnTask } from '../reactive/turn-task.js';
import { ControlQueue } from './control-queue.js';
import { Line, type Prober } from './line.js';
import { Pace } from './pace.js';
import { DEFAULT_LITTLE, DEFAULT_QUANTUM, shareCapacityBy, type Turns } from './share-capacity.js';
import type { ControlSource, Source } from './source.js';

/** Settings of {@link Sender}. */
export interface SenderOptions {
  readonly framing: Framing;
  readonly coalesceWrites: boolean;
}

/** A source has but one sender, and becomes ready again and again: a field of its own costs less than a place in a Map. */
const KEPT_BY_SOURCES: Turns<Source> = {
  get: (source) => source.turn,
  set: (source, turn) => {
    source.turn = turn;
  },
  delete: (source) => {
    source.turn = undefined;
  },
};

/** After so many bytes of a burst, grants no longer wait for its end: the peer can send on while the rest is worked through. */
const GRANTED_AT_ONCE = 262_144;

/**
 * What leaves on the carrier, and in which order. A turn has three steps, as far as there is room: the control messages
 * that are due, since a grant that waited for other sources' bytes would hold up its own; bytes, in the turns that
 * `shareCapacity` hands out; and one write of all that to the carrier. What cannot leave stays in the sources.
 */
export class Sender {
  readonly #carrier: Carrier;
  readonly #writer: MessageWriter;
  readonly #subscriptions = new Subscription();

  /** Sources that have bytes and credit, for the scheduler. */
  readonly #ready = new Outlet<Source>();
  /** Bytes that the carrier takes now, again after each write. */
  readonly #room = new Outlet<number>();
  /** Sources with control messages to send, in the order in which they asked: those of the connection, and of channels. */
  readonly #connectionDue = new ControlQueue();
  readonly #controlDue = new ControlQueue();
  readonly #turn = new TurnTask(() => {
    this.#takeTurn();
  });
  /** What `shareCapacity` has to do in the turn. */
  #handOut: (() => void) | undefined;
  /** Whether the turn under way comes to that yet. */
  #isHandOutAhead = false;
  #isReceiving = false;
  /** Where a source has something to send that waits for the end of the burst, as grants do: what emits then. */
  #grantsWaitFor$: Observable<unknown> | undefined;
  /** Bytes that have been worked through since the first such grant was due. */
  #receivedSinceGrantDue = 0;
  #burstEnd = Subscription.EMPTY;
  /** How much may be under way, and who asks the peer what has been delivered, where that is known. */
  #line: Line | undefined;
  readonly #pace = new Pace(() => {
    this.#room.next(this.#roomForBytes(this.#writer.room));
  });
  #afterFlush: ((isFull: boolean) => void)[] = [];
  #isFull = false;
  #isEndDue = false;
  #isStopped = false;

  readonly #drain$ = new Broadcast<void>();
  readonly #done$ = new Once<never>();
  readonly #framingError$ = new Once<never>();

  /** @param carrier - what is written goes there; the sender takes no more than the capacity that it has told */
  constructor(carrier: Carrier, { framing, coalesceWrites }: SenderOptions) {
    this.#carrier = carrier;
    this.#writer = new MessageWriter(carrier, {
      framing,
      coalesceWrites,
      onFlushed: () => {
        this.#flushed();
      },
      onError: (error) => {
        this.#framingError$.error(error);
      },
      onCarrierError: (error) => {
        this.#done$.error(error);
      },
    });
    this.#subscriptions.add(
      this.#ready.values$
        .pipe(
          shareCapacityBy(() => KEPT_BY_SOURCES, this.#room.values$, {
            scheduler: this.#turnScheduler(),
            quantum: () => this.#line?.quantum ?? DEFAULT_QUANTUM,
            frame: (alone) => this.#line?.frame(alone) ?? DEFAULT_QUANTUM,
            early: () => this.#roomForEarly(),
          }),
        )
        .subscribe(({ flow, bytes }) => {
          if (flow.pending <= DEFAULT_LITTLE) {
            this.#pace.little(this.#writer.position);
          }
          this.#line?.begins(bytes);
          flow.writeData(bytes, this.#writer);
          this.#line?.wrote();
        }),
    );
    this.#subscriptions.add(
      carrier.capacity$.subscribe({
        next: (bytes) => {
          this.#roomIs(bytes);
        },
        error: (error: unknown) => {
          this.#done$.error(error);
        },
        complete: () => {
          this.#done$.complete();
        },
      }),
    );
  }

  /** Emits when the carrier has room again after it was full. Completes when the sender is stopped. */
  get drain$(): Observable<void> {
    return this.#drain$;
  }

  /**
   * Completes when the carrier takes no more. Errors with what breaks it, be it told by `capacity$` or thrown by `write` or
   * `end`. For late subscribers too.
   */
  get done$(): Observable<never> {
    return this.#done$;
  }

  /** Errors with what the option `framing.setLength` throws. For late subscribers too. */
  get framingError$(): Observable<never> {
    return this.#framingError$;
  }

  /** What has been written so far. */
  get sent(): Traffic {
    return { bytes: this.#writer.position, frames: this.#writer.frames };
  }

  /** ms there and back, the shortest of late; `undefined` where it is not known. */
  get roundTrip(): number | undefined {
    return this.#line?.roundTrip;
  }

  /** Whether the carrier takes something now. */
  get hasRoom(): boolean {
    return this.#writer.room > 0;
  }

  /**
   * Takes each chunk for one turn: what it causes to be sent leaves together when it has been worked through, without the
   * scheduler.
   */
  turnPerChunk(): MonoTypeOperatorFunction<Uint8Array> {
    return (source) =>
      new Observable<Uint8Array>((subscriber) => {
        const pass = (chunk: Uint8Array): void => {
          this.#isReceiving = true;
          try {
            subscriber.next(chunk);
          } finally {
            this.#isReceiving = false;
          }
          if (this.#grantsWaitFor$ !== undefined) {
            this.#deferGrants(chunk.length, this.#grantsWaitFor$);
          }
        };
        return source.subscribe({
          next: (chunk) => {
            this.#turn.during(pass, chunk);
          },
          error: (error: unknown) => {
            subscriber.error(error);
          },
          complete: () => {
            subscriber.complete();
          },
        });
      });
  }

  /**
   * Has the source write its control messages, which concern the connection, ahead of all others.
   *
   * @param canWait - whether they can wait as grants do
   */
  requestFirst(source: ControlSource, canWait = false): void {
    this.#request(source, this.#connectionDue, canWait);
  }

  /** Has the source write its control messages when there is room. */
  requestControl(source: ControlSource): void {
    this.#pace.little(this.#writer.position);
    this.#request(source, this.#controlDue, false);
  }

  /** The same for a source that has nothing but credit to grant: that can wait until all that arrives has been seen. */
  requestGrant(source: ControlSource): void {
    this.#request(source, this.#controlDue, true);
  }

  /** Gives the source, which has bytes and credit, a place among those who send in turn. */
  requestTurn(source: Source): void {
    this.#ready.next(source);
  }

  /** From now on, no more is under way than the line holds, and a bit. What it holds is known from answers to probes. */
  watchLine(prober: Prober): void {
    this.#line = new Line(this.#writer, prober, () => {
      this.#turn.schedule();
    });
  }

  /** The peer has answered the probe of that number, and with it those before, when its clock said `at`, if it says that. */
  probeAnswered(id: number, at: number | undefined): void {
    if (this.#line !== undefined && !this.#isStopped) {
      this.#line.answered(id, at);
      this.#turn.schedule();
    }
  }

  /** Calls `work` once when all that has been written until then has been passed on: with whether the carrier is full now. */
  afterFlush(work: (isFull: boolean) => void): void {
    this.#afterFlush.push(work);
  }

  /** The source has nothing to say any more. */
  forget(source: ControlSource): void {
    this.#controlDue.delete(source);
  }

  /**
   * Sends what has been written, and what is due of the connection, and ends the carrier; in a turn, when that is over: whoever
   * had the last word may be about to write it. What is written then is dropped.
   */
  end(): void {
    this.#isEndDue = true;
    if (this.#turn.isTurn) {
      this.#turn.schedule();
    } else {
      this.#endIfDue();
    }
  }

  /** The carrier takes no more: drops what has been written, and stops. */
  stop(): void {
    this.#isStopped = true;
    this.#writer.discard();
    this.#turn.cancel();
    this.#connectionDue.clear();
    this.#controlDue.clear();
    this.#afterFlush = [];
    this.#burstEnd.unsubscribe();
    this.#line?.stop();
    this.#pace.stop();
    this.#grantsWaitFor$ = undefined;
    this.#subscriptions.unsubscribe();
    this.#drain$.complete();
  }

  #request(source: ControlSource, queue: ControlQueue, canWait: boolean): void {
    if (this.#isStopped) {
      return;
    }
    queue.add(source);
    if (canWait && this.#isReceiving && this.#carrier.burstEnd$ !== undefined) {
      this.#grantsWaitFor$ = this.#carrier.burstEnd$;
    } else {
      this.#turn.schedule();
    }
  }

  #roomIs(bytes: number): void {
    const wasFull = this.#isFull;
    this.#isFull = bytes <= 0;
    this.#room.next(this.#roomForBytes(bytes));
    if (this.#isFull) {
      return;
    }
    if (!this.#connectionDue.isEmpty || !this.#controlDue.isEmpty || this.#line?.isProbeOwed === true) {
      this.#turn.schedule();
    }
    if (wasFull) {
      this.#drain$.next();
    }
  }

  /** After each write the capacity is told again: what was handed out counted against the old value. */
  #flushed(): void {
    if (this.#isStopped) {
      return; // by what happened inside the write
    }
    this.#pace.passedOn(this.#writer.position, this.#carrier.burstEnd$);
    this.#roomIs(this.#carrier.capacity$.value);
    if (this.#afterFlush.length > 0) {
      const works = this.#afterFlush;
      this.#afterFlush = [];
      const isFull = this.#carrier.capacity$.value <= 0;
      for (const work of works) {
        work(isFull);
      }
    }
  }

  /** Has what `shareCapacity` defers done in this turn: after control messages, and before all is passed on together. */
  #turnScheduler(): TurnScheduler {
    return {
      schedule: (work) => {
        this.#handOut = work;
        if (this.#isHandOutAhead) {
          return Subscription.EMPTY; // another turn behind this one would find nothing to do
        }
        return this.#turn.schedule(); // dropped with the turn, it is to be scheduled anew
      },
    };
  }

  /** A chunk of `bytes` has been worked through, and there are grants to send. */
  #deferGrants(bytes: number, burstEnd$: Observable<unknown>): void {
    this.#receivedSinceGrantDue += bytes;
    if (this.#receivedSinceGrantDue >= GRANTED_AT_ONCE) {
      this.#turn.schedule();
    } else if (this.#burstEnd.closed) {
      this.#burstEnd = burstEnd$.subscribe(() => {
        if (this.#grantsWaitFor$ !== undefined) {
          this.#turn.schedule();
        }
      });
    }
  }

  #takeTurn(): void {
    this.#grantsWaitFor$ = undefined;
    this.#receivedSinceGrantDue = 0;
    this.#isHandOutAhead = true;
    this.#connectionDue.write(this.#writer);
    this.#controlDue.write(this.#writer);
    if (this.#line !== undefined || this.#handOut !== undefined) {
      // By what has just been written it is less than was told, and by an answer of the peer's it may be more.
      this.#room.next(this.#roomForBytes(this.#writer.room));
    }
    const handOut = this.#handOut;
    this.#handOut = undefined;
    this.#isHandOutAhead = false;
    handOut?.();
    if (this.#isStopped) {
      return; // by whoever was told that bytes have left
    }
    this.#line?.end(this.#pace.isResting);
    this.#writer.flush();
    this.#endIfDue();
  }

  #endIfDue(): void {
    if (this.#isEndDue) {
      this.#connectionDue.write(this.#writer);
      this.#writer.end();
    }
  }

  /** What of the room on the carrier is for bytes, and not for control messages, and those who say little, alone. */
  #roomForBytes(room: number): number {
    if (this.#pace.isResting) {
      return 0;
    }
    return this.#line === undefined ? room : Math.min(room, this.#line.room);
  }

  /** What of the room on the carrier flows with little to say may have where there is none for others. */
  #roomForEarly(): number {
    const { room } = this.#writer;
    return this.#line === undefined ? room : Math.min(room, this.#line.roomForEarly);
  }
}
