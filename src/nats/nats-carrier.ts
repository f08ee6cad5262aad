import { type SchedulerLike, Subscription, type TimestampProvider } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { Inbox } from '../carrier/inbox.js';
import { ProtocolError } from '../errors.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { clockOf } from '../reactive/clock-of.js';
import { nextTurn$ } from '../reactive/next-turn.js';
import { State } from '../reactive/state.js';
import { Link } from './link.js';
import type { NatsConnectionLike, NatsMessageLike } from './nats-connection-like.js';
import { NatsLine } from './nats-line.js';
import { decodeMessage, Kind, type SessionMessage } from './session-message.js';

/** Settings of a {@link NatsCarrier}. */
export interface NatsCarrierSettings {
  readonly highWaterMark: number;
  readonly deadAfter: number;
  readonly scheduler: SchedulerLike;
}

/** Who makes a {@link NatsCarrier}, and brings its two ends together. */
export interface Introducer {
  /** A message has come, from whoever listens to `reply`, that is no part of a session. */
  receive(message: SessionMessage, reply: string | undefined): void;
  /** The server says that nobody listens to what was published to. */
  nobodyThere(): void;
  /** NATS does not let it listen. */
  denied(error: Error): void;
  /** The carrier is of no use any more. */
  closed(): void;
}

/**
 * Bytes that are under way when both clients and the server are busy: each has some in its sockets and in its hands, and with
 * less they take turns being idle.
 */
const HELD = 524_288;

/** A session over NATS as carrier. Each end listens to a subject of its own. */
export class NatsCarrier implements Carrier {
  readonly capacity$ = new State(0);
  /** Whether the far end can be heard: while it cannot, no mux takes its silence amiss. */
  readonly connected$ = new State(false);
  readonly burstEnd$ = nextTurn$;
  readonly holds = HELD;
  readonly #subject: string;
  readonly #line: NatsLine;
  readonly #scheduler: SchedulerLike;
  readonly #clock: TimestampProvider;
  readonly #introducer: Introducer;
  readonly #link: Link;
  readonly #inbox = new Inbox((bytes) => {
    this.#use(() => {
      this.#link.took(bytes);
    });
  });
  readonly #watching = new Subscription();
  /** The subject that the far end listens to, while it is known. */
  #farSubject: string | undefined;
  #isUp = true;
  #wasOpen = false;
  #isEnding = false;
  /** Whether it is of no use any more, nor does the far end want to know anything. */
  #isGone = false;
  #timer = Subscription.EMPTY;
  #timerAt = Infinity;

  /** @throws what the client throws when it is closed, or about to be */
  constructor(
    nats: NatsConnectionLike,
    subject: string,
    settings: NatsCarrierSettings,
    introducer: Introducer,
  ) {
    const line = NatsLine.of(nats);
    const { highWaterMark, deadAfter, scheduler } = settings;
    this.#subject = subject;
    this.#line = line;
    this.#scheduler = scheduler;
    this.#clock = clockOf(scheduler);
    this.#introducer = introducer;
    this.#link = new Link(settings, {
      now: () => this.#clock.now(),
      get payloadSize() {
        return line.payloadSize;
      },
      get window() {
        return Math.min(highWaterMark, line.share);
      },
      send: (message) => {
        this.#publish(message);
      },
      deliver: (bytes) => {
        this.#inbox.add(bytes);
      },
      ended: () => {
        this.#inbox.end();
      },
      arrived: () => {
        this.capacity$.complete();
      },
      over: () => {
        this.#leave();
      },
      silent: () => {
        this.fail(
          line.error('ERR_RXMUX_NATS_PEER_LOST', `nothing came from the far end for ${deadAfter} ms`),
        );
      },
    });
    const subscription = nats.subscribe(subject, {
      callback: (error, message) => {
        // What is thrown here would stop the client for good.
        try {
          this.#receive(error, message);
        } catch (fault) {
          this.fail(fault as Error);
        }
      },
    });
    line.join();
    this.#watching.add(() => {
      line.leave();
      subscription.unsubscribe();
    });
    this.#watching.add(
      line.closed$.subscribe(() => {
        this.fail(line.closedError);
      }),
    );
  }

  get inbound$(): Carrier['inbound$'] {
    return this.#inbox.inbound$;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (!this.#isEnding) {
      this.#use(() => {
        this.#link.write(chunks);
      });
    }
  }

  end(): void {
    if (!this.#isEnding) {
      this.#isEnding = true;
      this.#use(() => {
        this.#link.end();
      });
    }
  }

  /** Where all has arrived both ways there is nothing to give up, and the far end may still have to be told so. */
  destroy(): void {
    this.#inbox.drop();
    if (!this.#link.isDone) {
      this.#giveUp();
    }
  }

  /** It is of no use any more, to either end. */
  fail(error: Error): void {
    this.#giveUp(error);
  }

  // What those who bring both ends together use.

  /** Says something to whoever listens to that subject; answers come here. */
  greet(subject: string, kind: number): void {
    this.#line.publish(subject, this.#link.greeting(kind), this.#subject);
  }

  /** The far end listens to that subject. */
  open(farSubject: string): void {
    this.#farSubject = farSubject;
    if (this.#wasOpen) {
      this.#changed(this.#isUp, true);
      return;
    }
    this.#wasOpen = true;
    const { isUp$ } = this.#line;
    this.#isUp = isUp$.value;
    if (this.#isUp) {
      this.#use(() => {
        this.#link.open();
      });
    }
    this.#watching.add(
      isUp$.subscribe((isUp) => {
        this.#changed(isUp, isUp !== this.#isUp);
      }),
    );
  }

  /** The far end has turned out not to be there. What it was sent is sent to the next one. */
  close(): void {
    this.#farSubject = undefined;
    this.connected$.change(false);
    this.#link.lost();
  }

  /** Lets go of everything, and says nothing. */
  leave(): void {
    this.#leave();
  }

  #receive(error: Error | null, { data, reply }: NatsMessageLike): void {
    if (this.#isGone) {
      return;
    }
    if (error !== null) {
      this.#introducer.denied(error);
      this.fail(error);
      return;
    }
    const message = decodeMessage(data);
    if (data.length === 0) {
      this.#introducer.nobodyThere();
    } else if (message === undefined) {
      throw new ProtocolError('the far end has sent what is no message of a session');
    } else if (message.kind === Kind.reset) {
      this.#leave(this.#line.error('ERR_RXMUX_NATS_PEER_DESTROYED', 'the far end has been destroyed'));
    } else {
      this.#introducer.receive(message, reply);
      if (message.kind === Kind.state && this.#farSubject !== undefined) {
        this.#use(() => {
          this.#link.receive(message);
        });
      }
    }
  }

  #changed(isUp: boolean, isChange: boolean): void {
    this.#isUp = isUp;
    this.connected$.change(isUp && this.#farSubject !== undefined);
    if (isChange && this.#farSubject !== undefined) {
      this.#use(() => {
        if (isUp) {
          this.#link.back();
        } else {
          this.#link.lost();
        }
      });
    }
  }

  /** Does something with the link, and sees to what comes of it. */
  #use(work: () => void): void {
    if (this.#isGone) {
      return;
    }
    work();
    this.#wait();
    this.capacity$.change(this.#link.room);
  }

  #wait(): void {
    const { dueAt } = this.#link;
    if (dueAt >= this.#timerAt || this.#isGone) {
      return;
    }
    this.#timer.unsubscribe();
    this.#timerAt = dueAt;
    const delay = Math.max(0, Math.ceil(dueAt - this.#clock.now()));
    this.#timer = backgroundTimer(delay, this.#scheduler).subscribe(() => {
      this.#timerAt = Infinity;
      this.#use(() => {
        this.#link.tick();
      });
    });
  }

  #publish(message: Uint8Array): void {
    if (this.#farSubject !== undefined) {
      this.#line.publish(this.#farSubject, message);
    }
  }

  #giveUp(error?: Error): void {
    if (!this.#isGone && this.#farSubject !== undefined) {
      this.greet(this.#farSubject, Kind.reset);
    }
    this.#leave(error);
  }

  #leave(error?: Error): void {
    if (this.#isGone) {
      return;
    }
    this.#isGone = true;
    this.#watching.unsubscribe();
    this.#timer.unsubscribe();
    this.#link.drop();
    this.#inbox.end(error);
    this.capacity$.complete();
    this.connected$.complete();
    this.#introducer.closed();
  }
}
