import {
  EMPTY,
  expand,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  Subscription,
  switchMap,
} from 'rxjs';
import { having } from '../arguments.js';
import type { Carrier } from '../carrier/carrier.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { type Introducer, NatsCarrier, type NatsCarrierSettings } from './nats-carrier.js';
import type { NatsConnectionLike } from './nats-connection-like.js';
import { NatsLine } from './nats-line.js';
import { connectSettings, type NatsCarrierOptions } from './nats-options.js';
import { Kind, type SessionMessage } from './session-message.js';
import { sessionSubject, subject } from './subjects.js';

/** ms between the first greetings, and at most: each time it is twice as long. */
const FIRST_DELAY = 100;
const LONGEST_DELAY = 1000;

/**
 * Connects to a service over NATS: one of the instances that {@link listenOver} it takes the session. The carrier is there
 * at once; bytes leave when the service has answered.
 *
 * - Bytes arrive once and in order while both processes live, though NATS itself may lose messages: at a reconnection, or a
 *   restart of its server. What is lost is sent again.
 * - No more than `highWaterMark` bytes are under way in each direction: the far end tells what its mux has taken.
 * - What becomes of the session otherwise is said by a {@link NatsSessionError}; where NATS does not let this side listen, by the
 *   error of its client.
 *
 * @param nats - a connection of any `@nats-io` transport, which it leaves open
 * @param service - the subject that the service listens to
 * @param options - see {@link NatsCarrierOptions}; all have defaults
 * @throws TypeError or RangeError that names the argument which it cannot take; what the client throws when it is closed
 *
 * @example
 * ```ts
 * import { connect } from '@nats-io/transport-node';
 * import { Mux } from 'rxmux';
 * import { connectOver } from 'rxmux/nats';
 *
 * const nats = await connect({ servers: 'localhost:4222', maxReconnectAttempts: -1 });
 * const mux = new Mux(connectOver(nats, 'market'));
 * mux.open('ACME').inbound$.subscribe((chunk) => console.log(chunk.toString()));
 * ```
 */
export function connectOver(
  nats: NatsConnectionLike,
  service: string,
  options?: NatsCarrierOptions,
): Carrier {
  having('nats', nats, 'a connection of NATS', ['publish', 'subscribe', 'status', 'closed']);
  subject('service', service);
  return new Connecting(nats, service, connectSettings(options)).carrier;
}

/** Finds somebody who takes the session. */
class Connecting implements Introducer {
  readonly carrier: NatsCarrier;
  readonly #service: string;
  readonly #settings: NatsCarrierSettings;
  readonly #line: NatsLine;
  /** The subject of the one who has taken it. */
  #taker: string | undefined;
  #isNobodyThere = false;
  #greeting = Subscription.EMPTY;

  constructor(nats: NatsConnectionLike, service: string, settings: NatsCarrierSettings) {
    this.#service = service;
    this.#settings = settings;
    this.#line = NatsLine.of(nats);
    this.carrier = new NatsCarrier(nats, sessionSubject(service, 'client'), settings, this);
    this.#greet();
  }

  receive({ kind }: SessionMessage, reply: string | undefined): void {
    if (kind === Kind.welcome && reply !== undefined && reply !== this.#taker) {
      this.#welcome(reply);
    } else if (kind === Kind.refused && reply === this.#taker) {
      this.#taker = undefined;
      this.carrier.close();
      this.#greet();
    }
  }

  nobodyThere(): void {
    this.#isNobodyThere = true;
  }

  denied(): void {
    // the carrier fails with it
  }

  closed(): void {
    this.#greeting.unsubscribe();
  }

  #welcome(reply: string): void {
    if (this.#taker === undefined) {
      this.#taker = reply;
      this.#greeting.unsubscribe();
      this.carrier.open(reply);
    } else {
      this.carrier.greet(reply, Kind.reset); // a greeting was sent twice, and two have taken it
    }
  }

  #greet(): void {
    const { deadAfter, scheduler } = this.#settings;
    this.#greeting = this.#line.isUp$
      .pipe(switchMap((isUp) => (isUp ? merge(again$(scheduler), end$(deadAfter, scheduler)) : EMPTY)))
      .subscribe((isInTime) => {
        if (isInTime) {
          this.#isNobodyThere = false;
          this.carrier.greet(this.#service, Kind.hello);
        } else {
          this.carrier.fail(this.#failure());
        }
      });
  }

  #failure(): Error {
    const what = this.#isNobodyThere
      ? `nobody listens to '${this.#service}'`
      : `no instance of '${this.#service}' has answered`;
    return this.#line.error('ERR_RXMUX_NATS_NO_SERVICE', `${what} for ${this.#settings.deadAfter} ms`);
  }
}

/** Emits now, and again and again. */
const again$ = (scheduler: SchedulerLike): Observable<true> =>
  of(FIRST_DELAY).pipe(
    expand((delay) => backgroundTimer(delay, scheduler).pipe(map(() => Math.min(2 * delay, LONGEST_DELAY)))),
    map(() => true as const),
  );

const end$ = (ms: number, scheduler: SchedulerLike): Observable<false> =>
  backgroundTimer(ms, scheduler).pipe(map(() => false as const));
