import type { Buffer } from 'node:buffer';
import type { Observable } from 'rxjs';
import { callable, object, whole } from '../arguments.js';
import { toCarrier } from '../carrier/to-carrier.js';
import { DemandSubject } from '../reactive/demand-subject.js';
import { reportError } from '../reactive/report-error.js';
import type { Connected } from './connect.js';
import { Connection } from './connection.js';
import { assertCrypto, randomKey } from './proof.js';
import { RecordType } from './record.js';
import { RESUME_DEFAULTS, type ResumeOptions, sessionSettings } from './resumable-carrier.js';
import { ServedSession } from './served-session.js';
import { ServerHandshake, type Sessions } from './server-handshake.js';
import type { SessionCarrier } from './session-carrier.js';
import type { SessionSettings } from './session-end.js';

/** Settings of {@link ResumableSessions}. */
export interface ResumableSessionsOptions extends ResumeOptions {
  /**
   * Sessions that are kept at most, and as many connections that have not said what they want, ≥ 1. A new session takes the
   * place of the one that has been without a connection for the longest time; where all have one, it is refused. Default 10 000.
   */
  maxSessions?: number | undefined;
  /**
   * Bytes that all sessions without a connection keep together for their clients, ≥ 0. Beyond that, those are lost that have
   * been without one for the longest time. Default 268 435 456 (256 MiB).
   */
  maxBufferedBytes?: number | undefined;
  /**
   * Whether a connection may go on with a session, of which its client has proved to be the owner: to look at its cookies
   * again, say. What it throws means no, and is thrown again in a turn of its own: in Node that ends the process, unless it
   * is handled there. Default: it may.
   *
   * @param connection - as it was given to `accept()`
   * @param session - the one of `carriers$`; its `connection` is still the one before, which has mostly gone. Keep what you
   *   know of each: a TLS socket that is destroyed has no certificate any more
   */
  authorize?:
    ((connection: Connected, session: SessionCarrier) => boolean | PromiseLike<boolean>) | undefined;
}

const DEFAULTS = {
  ...RESUME_DEFAULTS,
  maxSessions: 10_000,
  maxBufferedBytes: 268_435_456,
  authorize: () => true,
};

/**
 * The sessions of a server, each a carrier that survives its connections. The far end of each is a {@link ResumableCarrier}.
 *
 * What strangers can do is bounded: by `maxSessions` and `maxBufferedBytes`. A session that has a connection is not ended by
 * what others do. Nobody goes on with a session without its secret.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:net';
 * import { Mux } from 'rxmux';
 * import { ResumableSessions } from 'rxmux/resume';
 *
 * const sessions = new ResumableSessions();
 * sessions.carriers$.subscribe((carrier) => {
 *   new Mux(carrier).channels$.subscribe({
 *     next: ({ inbound$, outbound$ }) => inbound$.subscribe(outbound$), // echo
 *     error: (error) => console.error('session lost:', error),
 *   });
 * });
 * createServer({ allowHalfOpen: true, noDelay: true }, (socket) => sessions.accept(socket)).listen(7000);
 * ```
 */
export class ResumableSessions {
  readonly #settings: SessionSettings;
  readonly #maxSessions: number;
  readonly #maxBufferedBytes: number;
  readonly #authorize: NonNullable<ResumableSessionsOptions['authorize']>;
  readonly #sessions = new Map<string, ServedSession>();
  /** Those without a connection, in the order in which they have lost it, with the bytes that each keeps. */
  readonly #lost = new Map<ServedSession, number>();
  #buffered = 0;
  /** Connections that have not said what they want, oldest first. */
  readonly #handshakes = new Set<ServerHandshake>();
  /** New sessions that nobody has been told of. */
  readonly #waiting = new Set<ServedSession>();
  readonly #carriers$ = new DemandSubject<SessionCarrier>({
    onDemand: () => {
      this.#tell();
    },
  });
  /** What a handshake asks for. */
  readonly #forHandshakes: Sessions = {
    begin: (connection) => this.#begin(connection),
    find: (id) => this.#sessions.get(keyOf(id)),
    authorize: (connection, session) => this.#isAuthorized(connection, session),
    attached: (session) => {
      this.#isFound(session);
    },
    over: (handshake) => {
      this.#handshakes.delete(handshake);
    },
  };
  #isDestroyed = false;

  /**
   * @param options - see {@link ResumableSessionsOptions}
   * @throws TypeError or RangeError that names the option which it cannot take; TypeError where there is no Web Crypto
   */
  constructor(options?: ResumableSessionsOptions) {
    const { maxSessions, maxBufferedBytes, authorize, ...chosen } = object('options', options, DEFAULTS);
    this.#settings = sessionSettings(chosen);
    this.#maxSessions = whole('options.maxSessions', maxSessions, 1);
    this.#maxBufferedBytes = whole('options.maxBufferedBytes', maxBufferedBytes, 0);
    this.#authorize = callable('options.authorize', authorize);
    assertCrypto();
  }

  /**
   * New sessions, each when its client has said that it knows of it; not those that go on. Those that come while nobody
   * subscribes wait for the first subscriber. Completes after {@link destroy}.
   */
  get carriers$(): Observable<SessionCarrier> {
    return this.#carriers$;
  }

  /** Sessions that are kept, with a connection or without. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Takes a connection: of a new session, or of one that goes on.
   *
   * @param connection - a Node `Duplex` of bytes, or a `Carrier`
   * @throws TypeError where it is neither
   */
  accept(connection: Connected): void {
    const carrier = toCarrier(connection);
    if (this.#isDestroyed) {
      carrier.destroy();
      return;
    }
    const [oldest] = this.#handshakes;
    if (oldest !== undefined && this.#handshakes.size >= this.#maxSessions) {
      oldest.stop();
    }
    const handshake = new ServerHandshake(
      connection,
      new Connection(carrier, this.#settings.scheduler),
      this.#settings,
      this.#forHandshakes,
    );
    this.#handshakes.add(handshake);
    handshake.start();
  }

  /** Ends all sessions, and all connections. Those that come later are destroyed. */
  destroy(): void {
    this.#isDestroyed = true;
    for (const handshake of [...this.#handshakes]) {
      handshake.stop();
    }
    for (const session of [...this.#sessions.values()]) {
      session.destroy();
    }
    this.#carriers$.complete();
  }

  #begin(connection: Connected): ServedSession | undefined {
    const [oldest] = this.#lost.keys();
    if (this.#sessions.size >= this.#maxSessions) {
      if (oldest === undefined) {
        return undefined;
      }
      oldest.lose(`there are more than ${this.#maxSessions} sessions`);
    }
    const id = randomKey();
    const key = keyOf(id);
    const session: ServedSession = new ServedSession(
      this.#settings,
      {
        lost: () => {
          this.#isLost(session);
        },
        completed: () => {
          session.say(RecordType.bye);
        },
        forgotten: () => {
          session.forget();
        },
        over: () => {
          this.#sessions.delete(key);
          this.#waiting.delete(session);
          this.#isFound(session);
        },
        confirmed: () => {
          this.#waiting.add(session);
          this.#tell();
        },
      },
      id,
      randomKey(),
      connection,
    );
    this.#sessions.set(key, session);
    return session;
  }

  async #isAuthorized(connection: Connected, session: ServedSession): Promise<boolean> {
    try {
      return await this.#authorize(connection, session);
    } catch (error) {
      reportError(error);
      return false;
    }
  }

  #isLost(session: ServedSession): void {
    if (this.#lost.has(session)) {
      return;
    }
    this.#lost.set(session, session.kept);
    this.#buffered += session.kept;
    for (const oldest of this.#lost.keys()) {
      if (this.#buffered <= this.#maxBufferedBytes) {
        return;
      }
      oldest.lose(`sessions without connection keep more than ${this.#maxBufferedBytes} bytes`);
    }
  }

  /** It has a connection, or is over. */
  #isFound(session: ServedSession): void {
    this.#buffered -= this.#lost.get(session) ?? 0;
    this.#lost.delete(session);
  }

  #tell(): void {
    for (const session of this.#waiting) {
      if (!this.#carriers$.observed) {
        return;
      }
      this.#waiting.delete(session);
      this.#carriers$.next(session);
    }
  }
}

const keyOf = (id: Buffer): string => id.toString('hex');
