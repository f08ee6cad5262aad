import { asyncScheduler, type Observable, type SchedulerLike, Subscription, timer } from 'rxjs';
import { callable, delay, MAX_DELAY, object, schedulerLike, whole } from '../arguments.js';
import type { Carrier, SocketAddresses } from '../carrier/carrier.js';
import { MuxError } from '../errors.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { Broadcast } from '../reactive/broadcast.js';
import { isolated } from '../reactive/report-error.js';
import type { StateObservable } from '../reactive/state-observable.js';
import { ClientHandshake, type ClientHandshakeOutcome, type KnownSession } from './client-handshake.js';
import type { Connect } from './connect.js';
import { Connection } from './connection.js';
import { connectionsFrom } from './connections-from.js';
import type { Begun } from './handshake.js';
import { handshakeTimeout } from './handshake-timeout.js';
import { assertCrypto, randomKey } from './proof.js';
import { RecordType } from './record.js';
import { type RetryOptions, type RetrySettings, retrySettings } from './retry.js';
import { SessionEnd, type SessionOwner, type SessionSettings } from './session-end.js';
import type { SessionState } from './session-state.js';

/** Settings of both ends of a session. */
export interface ResumeOptions {
  /**
   * Bytes that are kept for the far end at most, since they may have to be sent again: ≥ 1. When so many have been sent that
   * are not acknowledged yet, the carrier is full. Default 4 194 304 (4 MiB).
   */
  bufferSize?: number | undefined;
  /** Milliseconds for which a session is kept that has no connection, ≥ 1. Default 60 000. */
  timeout?: number | undefined;
  /**
   * Milliseconds without a byte of the far end's, which is asked meanwhile, after which a connection is dead, ≥ 1; `false` =
   * never. A new connection has as long to be made and to agree on the session, with `false` 10 000. Default 10 000.
   */
  deadAfter?: number | false | undefined;
  /** Where every timer runs. Default: RxJS's `asyncScheduler`. */
  scheduler?: SchedulerLike | undefined;
}

/** Settings of {@link ResumableCarrier}. */
export interface ResumableCarrierOptions extends ResumeOptions {
  /** When a connection is tried again. `timeout` ends it, too. */
  retry?: RetryOptions | undefined;
}

/** An attempt to connect. */
export interface ConnectionAttempt {
  /** How many there have been, with this one, since there was a connection: from 1. */
  readonly attempt: number;
  /** What the one before has failed with, or what the connection was lost with, where that is known. */
  readonly error: unknown;
}

/** The defaults of what both ends have. */
export const RESUME_DEFAULTS = {
  bufferSize: 4_194_304,
  timeout: 60_000,
  deadAfter: 10_000,
  scheduler: asyncScheduler,
};

const DEFAULTS = { ...RESUME_DEFAULTS, retry: undefined };

/** Checks what both ends have. */
export function sessionSettings(
  chosen: Required<{ [K in keyof ResumeOptions]: Exclude<ResumeOptions[K], undefined> }>,
): SessionSettings {
  return {
    bufferSize: whole('options.bufferSize', chosen.bufferSize, 1),
    timeout: whole('options.timeout', chosen.timeout, 1, MAX_DELAY),
    deadAfter: delay('options.deadAfter', chosen.deadAfter),
    scheduler: schedulerLike('options.scheduler', chosen.scheduler),
  };
}

/**
 * A carrier that survives its connection: where that is lost another one is made, and every byte arrives once, in order. A
 * mux over it, and its channels, notice nothing but a pause, during which the carrier is full.
 *
 * The far end is a {@link ResumableSessions}. The session is over, and `inbound$` errors with {@link SessionLostError}, where the
 * far end does not know it any more, as after a restart; where there has been no connection for `timeout` ms, not even a
 * first one; and where `retry.count` attempts have failed. What arrived is not known then.
 *
 * It needs Web Crypto, which browsers have in secure contexts only. Its secret is sent once, as it is: use TLS.
 *
 * @example
 * ```ts
 * import { Mux } from 'rxmux';
 * import { ResumableCarrier } from 'rxmux/resume';
 * import { WebSocketCarrier } from 'rxmux/websocket';
 *
 * const carrier = new ResumableCarrier(() => new WebSocketCarrier(new WebSocket('wss://example.com')));
 * carrier.state$.subscribe((state) => console.log(state));
 * const mux = new Mux(carrier);
 * ```
 */
export class ResumableCarrier implements Carrier {
  readonly #connect: Connect;
  readonly #settings: SessionSettings;
  readonly #retry: RetrySettings;
  readonly #session: SessionEnd;
  readonly #attempts$ = new Broadcast<ConnectionAttempt>();
  /** What the server has called the session, and the nonce that it has issued last. */
  #known: Begun | undefined;
  #generation = 0;
  #attempt = 0;
  /** What the connection comes from, and what waits for the next attempt. */
  #source = Subscription.EMPTY;
  #retrying = Subscription.EMPTY;
  #handshake: ClientHandshake | undefined;

  /**
   * @param connect - makes a connection: called for the first one, in the constructor, and for each that replaces one
   * @param options - see {@link ResumableCarrierOptions}
   * @throws TypeError or RangeError that names the option which it cannot take; TypeError where there is no Web Crypto
   */
  constructor(connect: Connect, options?: ResumableCarrierOptions) {
    const { retry, ...chosen } = object('options', options, DEFAULTS);
    this.#connect = callable('connect', connect);
    this.#settings = sessionSettings(chosen);
    this.#retry = retrySettings(retry);
    assertCrypto();
    this.#session = new SessionEnd(this.#settings, this.#owner());
    this.#tryNow();
  }

  get inbound$(): Observable<Uint8Array> {
    return this.#session.inbound$;
  }

  get capacity$(): StateObservable<number> {
    return this.#session.capacity$;
  }

  get burstEnd$(): Observable<unknown> | undefined {
    return this.#session.burstEnd$;
  }

  get connected$(): StateObservable<boolean> {
    return this.#session.connected$;
  }

  get addresses(): SocketAddresses {
    return this.#session.addresses;
  }

  /** Where the session stands. Completes when it is over. */
  get state$(): StateObservable<SessionState> {
    return this.#session.state$;
  }

  /** Emits each attempt to connect but the first, before it is made. Completes when the session is over. */
  get attempts$(): Observable<ConnectionAttempt> {
    return this.#attempts$;
  }

  /** How often a lost connection has been replaced. */
  get resumptions(): number {
    return this.#session.resumptions;
  }

  write(chunks: readonly Uint8Array[]): void {
    this.#session.write(chunks);
  }

  end(): void {
    this.#session.end();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #owner(): SessionOwner {
    return {
      lost: (error) => {
        this.#attempt = 0;
        this.#failed(error);
      },
      completed: () => {
        // the server says when it has heard so
      },
      forgotten: () => {
        this.#session.say(RecordType.bye);
        this.#session.forget();
      },
      over: () => {
        this.#retrying.unsubscribe();
        this.#handshake?.stop();
        this.#letGo();
        this.#attempts$.complete();
      },
    };
  }

  #tryNow(): void {
    this.#attempt += 1;
    this.#attempts$.next({ attempt: this.#attempt, error: this.#session.lastError });
    if (this.#isGivenUp()) {
      return; // by whoever has just heard of it
    }
    let isGiven = false;
    const patience = handshakeTimeout(this.#settings).subscribe(() => {
      this.#failed(new MuxError('ERR_RXMUX_SESSION_REFUSED', 'connect has given no connection in time'));
    });
    this.#source = new Subscription();
    this.#source.add(patience);
    this.#source.add(
      connectionsFrom(this.#connect, this.#attempt).subscribe({
        next: (carrier) => {
          if (isGiven || this.#session.isOver) {
            carrier.destroy(); // one is enough, and none when it was given up meanwhile
          } else {
            isGiven = true;
            patience.unsubscribe(); // the handshake has its own
            this.#shakeHands(carrier);
          }
        },
        error: (error: unknown) => {
          if (!isGiven) {
            this.#failed(error);
          }
        },
        complete: () => {
          if (!isGiven) {
            this.#failed(new MuxError('ERR_RXMUX_SESSION_REFUSED', 'connect has given no connection'));
          }
        },
      }),
    );
  }

  #shakeHands(carrier: Carrier): void {
    const connection = new Connection(carrier, this.#settings.scheduler);
    this.#handshake = new ClientHandshake(
      connection,
      this.#nextGeneration(),
      this.#settings,
      this.#outcome(connection),
    );
    this.#handshake.start();
  }

  #nextGeneration(): KnownSession | undefined {
    const known = this.#known;
    if (known === undefined) {
      return undefined;
    }
    this.#generation += 1;
    const claim = {
      serverNonce: known.nonce,
      id: known.id,
      generation: this.#generation,
      clientNonce: randomKey(),
      position: this.#session.position,
    };
    return { ...known, claim };
  }

  #outcome(connection: Connection): ClientHandshakeOutcome {
    return {
      begun: (begun) => {
        this.#known = begun;
        this.#session.peerKeeps(begun.bufferSize);
        this.#session.attach(connection, 0);
        this.#session.say(RecordType.acknowledgement); // so the server knows that its answer has come
      },
      resumed: (position, known) => {
        this.#known = known;
        this.#session.attach(connection, position);
      },
      unknown: (cause) => {
        this.#session.lose(cause.message, cause);
      },
      failed: (error) => {
        this.#failed(error);
      },
    };
  }

  /** There is no connection, or the attempt to make one has failed. */
  #failed(error: unknown): void {
    this.#letGo();
    if (this.#isGivenUp()) {
      return;
    }
    this.#session.lastError = error;
    if (this.#attempt >= this.#retry.count) {
      this.#session.lose(`no connection after ${this.#attempt} attempts`, error);
      return;
    }
    const { scheduler } = this.#settings;
    let time: number;
    try {
      time = this.#retry.delay(this.#attempt + 1, error);
    } catch (cause) {
      this.#session.lose('retry.delay has failed', cause);
      return;
    }
    if (this.#isGivenUp()) {
      return; // by what has just been asked
    }
    // A process must not end while it waits for its connection; but for a last goodbye it need not wait.
    const due$ = this.#session.isComplete ? backgroundTimer(time, scheduler) : timer(time, scheduler);
    this.#retrying = due$.subscribe(() => {
      this.#tryNow();
    });
  }

  /** What the connection comes from is somebody else's, and may throw. */
  #letGo(): void {
    isolated(() => {
      this.#source.unsubscribe();
    });
  }

  /** Asked again wherever somebody else's code has run: it may have given up. */
  #isGivenUp(): boolean {
    return this.#session.isOver;
  }
}
