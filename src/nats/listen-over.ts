import { filter, Observable, type Subscriber, Subscription } from 'rxjs';
import { having } from '../arguments.js';
import type { Carrier } from '../carrier/carrier.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { type Introducer, NatsCarrier, type NatsCarrierSettings } from './nats-carrier.js';
import type { NatsConnectionLike, NatsMessageLike } from './nats-connection-like.js';
import { NatsLine } from './nats-line.js';
import { listenSettings, type NatsListenOptions } from './nats-options.js';
import { decodeMessage, Kind, type SessionMessage } from './session-message.js';
import { isSessionSubject, sessionSubject, subject } from './subjects.js';

/**
 * Listens for sessions of a service over NATS: each is emitted as a carrier, once the far end knows that it is here. Of all
 * that listen with the same `queue`, one gets each session.
 *
 * Unsubscribing takes no more sessions: the other instances get them. Those that there are go on.
 *
 * Completes when the connection of NATS is closed. Errors where its client has given it up, with a {@link NatsSessionError},
 * and where NATS does not permit this side to listen, or does not any more.
 *
 * @param nats - a connection of any `@nats-io` transport, which it leaves open
 * @param service - the subject of the service
 * @param options - see {@link NatsListenOptions}; all have defaults
 * @throws TypeError or RangeError that names the argument which it cannot take
 *
 * @example
 * ```ts
 * import { connect } from '@nats-io/transport-node';
 * import { Mux } from 'rxmux';
 * import { listenOver } from 'rxmux/nats';
 *
 * const nats = await connect({ servers: 'localhost:4222', maxReconnectAttempts: -1 });
 * const listening = listenOver(nats, 'market', { queue: 'market' }).subscribe({
 *   next: (carrier) => {
 *     new Mux(carrier).channels$.subscribe({
 *       next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$), // echo
 *       error: (error) => console.error('session lost:', error),
 *     });
 *   },
 *   error: (error) => console.error('no more sessions:', error),
 * });
 * process.once('SIGTERM', () => listening.unsubscribe());
 * ```
 */
export function listenOver(
  nats: NatsConnectionLike,
  service: string,
  options?: NatsListenOptions,
): Observable<Carrier> {
  having('nats', nats, 'a connection of NATS', ['publish', 'subscribe', 'status', 'closed']);
  subject('service', service);
  const settings = listenSettings(options, service);
  subject('options.queue', settings.queue);
  return new Observable((subscriber) => {
    const reception = new Reception(nats, service, settings, subscriber);
    const { queue } = settings;
    const subscription = nats.subscribe(service, {
      queue,
      callback: (error, message) => {
        reception.receive(error, message);
      },
    });
    const line = NatsLine.of(nats);
    subscriber.add(
      line.closed$.subscribe((reason) => {
        if (reason === undefined) {
          subscriber.complete();
        } else {
          subscriber.error(line.closedError);
        }
      }),
    );
    subscriber.add(
      line.errors$.pipe(filter((error) => isTakenBack(error, service))).subscribe((error) => {
        subscriber.error(error);
      }),
    );
    subscriber.add(() => {
      subscription.unsubscribe();
      reception.close();
    });
  });
}

/**
 * Whether a server whose permissions have changed has ended the subscription to the service. It does not say then which queue
 * group that was, so the client does not find the subscription, and tells nobody but those who listen to its status.
 */
function isTakenBack(error: unknown, service: string): boolean {
  const { operation, subject, queue } = Object(error) as Record<string, unknown>;
  return operation === 'subscription' && subject === service && queue === undefined;
}

/** Where those who greet are answered, and wait until they know it. */
class Reception {
  /** By the subjects of their far ends. */
  readonly #guests = new Map<string, Guest>();

  constructor(
    private readonly nats: NatsConnectionLike,
    private readonly service: string,
    private readonly settings: NatsCarrierSettings,
    private readonly subscriber: Subscriber<Carrier>,
  ) {}

  receive(error: Error | null, { data, reply }: NatsMessageLike): void {
    if (error !== null) {
      this.subscriber.error(error);
    } else if (
      reply !== undefined &&
      isSessionSubject(this.service, 'client', reply) &&
      decodeMessage(data)?.kind === Kind.hello
    ) {
      this.#welcome(reply);
    }
  }

  /** Sends them away. */
  close(): void {
    for (const guest of this.#guests.values()) {
      guest.refuse();
    }
  }

  #welcome(farSubject: string): void {
    const guest = this.#guests.get(farSubject) ?? this.#admit(farSubject);
    guest?.welcome();
  }

  #admit(farSubject: string): Guest | undefined {
    try {
      const guest = new Guest(this.nats, this.service, this.settings, farSubject, {
        arrived: (carrier) => {
          this.#guests.delete(farSubject);
          this.subscriber.next(carrier);
        },
        denied: (error) => {
          this.subscriber.error(error);
        },
        gone: () => {
          this.#guests.delete(farSubject);
        },
      });
      this.#guests.set(farSubject, guest);
      return guest;
    } catch {
      return undefined; // the client is about to be closed: another instance will be asked
    }
  }
}

/** What becomes of a {@link Guest}. */
interface Host {
  /** The far end knows that it is here. */
  arrived(carrier: Carrier): void;
  /** NATS does not let it listen. */
  denied(error: Error): void;
  /** It is gone, and never was. */
  gone(): void;
}

/** A session that the far end does not know of yet. */
class Guest implements Introducer {
  readonly #carrier: NatsCarrier;
  #waiting: Subscription;
  #host: Host | undefined;

  constructor(
    nats: NatsConnectionLike,
    service: string,
    settings: NatsCarrierSettings,
    private readonly farSubject: string,
    host: Host,
  ) {
    this.#host = host;
    this.#carrier = new NatsCarrier(nats, sessionSubject(service, 'server'), settings, this);
    this.#waiting = backgroundTimer(settings.deadAfter, settings.scheduler).subscribe(() => {
      this.#carrier.leave();
    });
  }

  welcome(): void {
    this.#carrier.greet(this.farSubject, Kind.welcome);
  }

  refuse(): void {
    this.#carrier.greet(this.farSubject, Kind.refused);
    this.#carrier.leave();
  }

  receive({ kind }: SessionMessage): void {
    const host = this.#host;
    if (kind === Kind.state && host !== undefined) {
      this.#host = undefined;
      this.#waiting.unsubscribe();
      this.#carrier.open(this.farSubject);
      host.arrived(this.#carrier);
    }
  }

  nobodyThere(): void {
    // the far end is away: it will come back, or be given up
  }

  denied(error: Error): void {
    this.#host?.denied(error);
  }

  closed(): void {
    this.#waiting.unsubscribe();
    this.#host?.gone();
  }
}
