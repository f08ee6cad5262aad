import {
  filter,
  interval,
  type MonoTypeOperatorFunction,
  Observable,
  type SchedulerLike,
  Subject,
  Subscription,
} from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import type { Channel } from '../channel/channel.js';
import type { MuxChannel } from '../channel/mux-channel.js';
import { QuietWatch } from './quiet-watch.js';
import { shareCapacity } from './share-capacity.js';
import { type TurnScheduler, TurnTask } from '../reactive/turn-task.js';
import type { Framing } from '../framing/framing.js';
import { MessageWriter } from '../framing/message-writer.js';
import { MessageType } from '../protocol/message.js';

/** A HANDSHAKE or PRE_HANDSHAKE that has been sent. */
export interface HandshakeSent<H = Buffer> {
  readonly channel: Channel<H>;
  /** Whether it was a PRE_HANDSHAKE: the answer is still to come. */
  readonly pre: boolean;
  /** Whether the carrier took it without becoming full. Where not, wait for `drain$` before opening more channels. */
  readonly complete: boolean;
}

/** Settings of {@link Sender}. */
export interface SenderOptions {
  readonly framing: Framing;
  readonly coalesceWrites: boolean;
  /** Milliseconds between keep-alive messages, or `false`. */
  readonly keepAlive: number | false;
  readonly scheduler: SchedulerLike;
  /** Called when control messages have been written, so that there may be none left. */
  readonly onControlWritten: () => void;
  /** Called with what the option `framing.setLength` throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * Milliseconds of silence after which a peer may be waiting for a grant that is not due. Such peers (bpmux, with
 * `max_write_size`) are held up by it twice in a channel's life; to others it means a message, which they do not need,
 * at most as often.
 */
const QUIET_PERIOD = 50;

/**
 * Bytes of a burst after which grants wait for its end no longer: the sender can use its credit while the rest of the burst
 * is worked through.
 */
const GRANTED_AT_ONCE = 262_144;

const NO_DATA = new Uint8Array();

/**
 * What leaves on the carrier, and in which order: as far as there is room, first the control messages that are due,
 * since a grant that waited for other channels' bytes would hold up its own, then bytes, in the turns that
 * `shareCapacity` hands out. What cannot leave stays in the channels, as state, so that nothing piles up here.
 */
export class Sender<H> {
  readonly #carrier: Carrier;
  readonly #writer: MessageWriter;
  readonly #subscriptions = new Subscription();
  readonly #onControlWritten: () => void;

  /** Channels that have bytes and credit, for the scheduler. */
  readonly #ready$ = new Subject<MuxChannel<H>>();
  /** Bytes that the carrier takes now, again after each write. */
  readonly #room$ = new Subject<number>();
  /** Channels with control messages to send, in the order in which they asked, and numbers to refuse. */
  readonly #controlDue = new Set<MuxChannel<H>>();
  readonly #refusalsDue = new Set<number>();
  readonly #quietWatch: QuietWatch;
  readonly #turn = new TurnTask(() => {
    this.#takeTurn();
  });
  /** What `shareCapacity` has to do in the turn. */
  #handOut: (() => void) | undefined;
  #isReceiving = false;
  /** Where a channel has a grant to send that waits for the end of the burst: what emits then. */
  #grantsWaitFor$: Observable<unknown> | undefined;
  /** Bytes that have been worked through since the first such grant was due. */
  #receivedSinceGrantDue = 0;
  #burstEnd = Subscription.EMPTY;
  #handshakesWritten: { readonly channel: MuxChannel<H>; readonly pre: boolean }[] = [];
  #isFull = false;
  #isStopped = false;

  readonly #handshakeSent$ = new Subject<HandshakeSent<H>>();
  readonly #drain$ = new Subject<void>();

  constructor(
    carrier: Carrier,
    { framing, coalesceWrites, keepAlive, scheduler, onControlWritten, onError }: SenderOptions,
  ) {
    this.#carrier = carrier;
    this.#onControlWritten = onControlWritten;
    this.#quietWatch = new QuietWatch(QUIET_PERIOD, scheduler);
    this.#writer = new MessageWriter(carrier, {
      framing,
      coalesceWrites,
      onFlushed: () => {
        // What has been handed out counts against the capacity until there is a new value, so there is one after each
        // write, even where the carrier passed everything on at once and its capacity did not change.
        this.#room$.next(carrier.capacity$.value);
        this.#announceHandshakes();
      },
      onError,
    });
    // Whoever subscribes first is served first when there is room again: control messages.
    this.#subscriptions.add(
      this.#room$.subscribe((bytes) => {
        this.#capacityChanged(bytes);
      }),
    );
    this.#subscriptions.add(
      this.#ready$
        .pipe(shareCapacity(this.#room$, { scheduler: this.#turnScheduler() }))
        .subscribe(({ flow, bytes }) => {
          flow.writeData(bytes, this.#writer);
        }),
    );
    this.#subscriptions.add(
      carrier.capacity$.subscribe((bytes) => {
        this.#room$.next(bytes);
      }),
    );
    if (keepAlive !== false) {
      this.#subscriptions.add(
        interval(keepAlive, scheduler)
          .pipe(filter(() => this.#writer.room > 0))
          .subscribe(() => {
            this.#writer.write({ type: MessageType.keepAlive });
            this.#turn.schedule();
          }),
      );
    }
  }

  /** Emits after each HANDSHAKE and PRE_HANDSHAKE. */
  get handshakeSent$(): Observable<HandshakeSent<H>> {
    return this.#handshakeSent$;
  }

  /** Emits when the carrier has room again after it was full. */
  get drain$(): Observable<void> {
    return this.#drain$;
  }

  /**
   * Has what is written while a chunk is being worked through leave together, when that is done. Answers to what arrives
   * need not wait for the scheduler then.
   */
  turnPerChunk(): MonoTypeOperatorFunction<Uint8Array> {
    return (source) =>
      new Observable<Uint8Array>((subscriber) => {
        const pass = (chunk: Uint8Array): void => {
          this.#isReceiving = true;
          subscriber.next(chunk);
          this.#isReceiving = false;
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

  /** How many refusals wait to be sent. */
  get refusals(): number {
    return this.#refusalsDue.size;
  }

  /** Has the channel write its control messages when there is room. */
  requestControl(channel: MuxChannel<H>): void {
    if (!this.#isStopped) {
      this.#controlDue.add(channel);
      this.#turn.schedule();
    }
  }

  /** The same for a channel that has nothing but credit to grant: that can wait until all that arrives has been seen. */
  requestGrant(channel: MuxChannel<H>): void {
    if (this.#isReceiving && !this.#isStopped && this.#carrier.burstEnd$ !== undefined) {
      this.#controlDue.add(channel);
      this.#grantsWaitFor$ = this.#carrier.burstEnd$;
    } else {
      this.requestControl(channel);
    }
  }

  /** Gives the channel, which has bytes and credit, a place among those who send in turn. */
  requestTurn(channel: MuxChannel<H>): void {
    this.#ready$.next(channel);
  }

  /** Has the channel told when its peer is silent. */
  watch(channel: MuxChannel<H>): void {
    if (!this.#isStopped) {
      this.#quietWatch.watch(channel);
    }
  }

  /** A HANDSHAKE, or with `pre` a PRE_HANDSHAKE, has been written. */
  handshakeWritten(channel: MuxChannel<H>, pre: boolean): void {
    this.#handshakesWritten.push({ channel, pre });
  }

  /** Tells the peer that the channel which it wants to open will not be. */
  refuse(channel: number): void {
    this.#refusalsDue.add(channel);
    this.#turn.schedule();
  }

  /** The channel has nothing to say any more. */
  forget(channel: MuxChannel<H>): void {
    this.#controlDue.delete(channel);
    this.#quietWatch.forget(channel);
  }

  /** Sends what has been written, and ends the carrier. What is written from now on is dropped. */
  end(): void {
    this.#writer.end();
  }

  /** The carrier takes no more: drops what has been written, and stops. */
  stop(): void {
    this.#isStopped = true;
    this.#writer.discard();
    this.#turn.cancel();
    this.#quietWatch.stop();
    this.#burstEnd.unsubscribe();
    this.#grantsWaitFor$ = undefined;
    this.#subscriptions.unsubscribe();
    this.#handshakeSent$.complete();
    this.#drain$.complete();
  }

  #capacityChanged(bytes: number): void {
    const wasFull = this.#isFull;
    this.#isFull = bytes <= 0;
    if (this.#isFull) {
      return;
    }
    if (this.#controlDue.size > 0 || this.#refusalsDue.size > 0) {
      this.#turn.schedule();
    }
    if (wasFull) {
      this.#drain$.next();
    }
  }

  /** Has what `shareCapacity` defers done in this turn: after control messages, and before all is passed on together. */
  #turnScheduler(): TurnScheduler {
    return {
      schedule: (work) => {
        this.#handOut = work;
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
    if (this.#controlDue.size > 0 || this.#refusalsDue.size > 0) {
      this.#writeControl();
    }
    const handOut = this.#handOut;
    this.#handOut = undefined;
    handOut?.();
    this.#writer.flush();
  }

  #writeControl(): void {
    for (const channel of this.#refusalsDue) {
      if (this.#writer.room <= 0) {
        break;
      }
      this.#refusalsDue.delete(channel);
      this.#writer.write({ type: MessageType.handshake, channel, free: 0, data: NO_DATA });
      this.#writer.write({ type: MessageType.errorEnd, channel });
    }
    for (const channel of this.#controlDue) {
      if (this.#writer.room <= 0) {
        break;
      }
      this.#controlDue.delete(channel);
      channel.writeControl(this.#writer);
    }
    this.#onControlWritten();
  }

  #announceHandshakes(): void {
    const written = this.#handshakesWritten;
    if (written.length > 0) {
      this.#handshakesWritten = [];
      const complete = this.#carrier.capacity$.value > 0;
      for (const { channel, pre } of written) {
        this.#handshakeSent$.next({ channel, pre, complete });
      }
    }
  }
}
