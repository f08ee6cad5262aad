import { Subscription } from 'rxjs';
import { MuxError, ProtocolError } from '../errors.js';
import type { Connection, ConnectionUser } from './connection.js';
import {
  type Begun,
  clientStatement,
  decodeBegun,
  decodeResumed,
  encodeBegin,
  encodeResume,
  Refusal,
  type ResumeClaim,
  serverStatement,
  wordsOf,
} from './handshake.js';
import { handshakeTimeout } from './handshake-timeout.js';
import { isProved, prove } from './proof.js';
import { RecordType } from './record.js';
import type { ReadRecord } from './record-reader.js';
import type { SessionSettings } from './session-end.js';

/** Bytes of records, beside what a server keeps and so may send before it hears anything. */
const OVERHEAD = 65_536;

/** The session that is to go on. */
export interface KnownSession extends Begun {
  readonly claim: ResumeClaim;
}

/** What becomes of a {@link ClientHandshake}. */
export interface ClientHandshakeOutcome {
  /** There is a new session. */
  begun(begun: Begun): void;
  /** The session goes on, as `known` from now on: the server has all up to `position`. */
  resumed(position: number, known: Begun): void;
  /** The server does not know the session. */
  unknown(error: Error): void;
  /** It has come to nothing, and the connection is over. */
  failed(error: unknown): void;
}

/** What the connecting side says first on a connection, and hears. */
export class ClientHandshake implements ConnectionUser {
  readonly #connection: Connection;
  readonly #session: KnownSession | undefined;
  readonly #outcome: ClientHandshakeOutcome;
  readonly #settings: SessionSettings;
  #patience = Subscription.EMPTY;
  #isOver = false;

  /** @param session - the one that is to go on; `undefined`: a new one is wanted */
  constructor(
    connection: Connection,
    session: KnownSession | undefined,
    settings: SessionSettings,
    outcome: ClientHandshakeOutcome,
  ) {
    this.#connection = connection;
    this.#session = session;
    this.#settings = settings;
    this.#outcome = outcome;
  }

  start(): void {
    this.#patience = handshakeTimeout(this.#settings).subscribe(() => {
      this.faulty(new MuxError('ERR_RXMUX_SESSION_REFUSED', 'the server has not answered in time'));
    });
    this.#connection.start(this);
    // Neither is said before there is room: until a WebSocket is open it drops what it is given.
    if (this.#session === undefined) {
      const { bufferSize } = this.#settings;
      this.#connection.say(RecordType.begin, () => encodeBegin(bufferSize));
    } else {
      this.#resume(this.#session);
    }
  }

  /** Gives it up, and the connection. */
  stop(): void {
    this.#end();
    this.#connection.destroy();
  }

  receive({ type, body }: ReadRecord): void {
    switch (type) {
      case RecordType.begun:
        this.#begun(decodeBegun(body));
        break;
      case RecordType.resumed:
        this.#resumed(decodeResumed(body));
        break;
      case RecordType.refused:
        this.#refused(body.readUInt8(0));
        break;
      default:
        throw new ProtocolError(`a record of type ${type} in a handshake`);
    }
  }

  faulty(error: unknown): void {
    this.#connection.destroy();
    this.lost(error);
  }

  roomChanged(): void {
    // there is always room for a handshake
  }

  lost(error: unknown): void {
    if (this.#end()) {
      this.#outcome.failed(error);
    }
  }

  /** Returns whether that is new. */
  #end(): boolean {
    const isNew = !this.#isOver;
    this.#isOver = true;
    this.#patience.unsubscribe();
    return isNew;
  }

  #resume({ secret, claim }: KnownSession): void {
    this.#when(prove(secret, clientStatement(claim)), (proof) => {
      this.#connection.say(RecordType.resume, () => encodeResume(claim, proof));
    });
  }

  #begun(begun: Begun): void {
    if (this.#session !== undefined) {
      throw new ProtocolError('a session that nobody has asked for');
    }
    this.#end();
    this.#outcome.begun(begun);
  }

  /** What the server says behind it waits until it is known that it is the server. */
  #resumed({ answer, proof }: ReturnType<typeof decodeResumed>): void {
    const session = this.#session;
    if (session === undefined) {
      throw new ProtocolError('an answer that nobody has asked for');
    }
    this.#connection.pause(2 * session.bufferSize + OVERHEAD);
    this.#when(isProved(session.secret, serverStatement(session.claim, answer), proof), (isRight) => {
      if (isRight) {
        this.#end();
        this.#outcome.resumed(answer.position, { ...session, nonce: answer.nonce });
        this.#connection.resume();
      } else {
        this.faulty(new ProtocolError('the server has not proved that it knows the session'));
      }
    });
  }

  #refused(refusal: number): void {
    const error = new MuxError('ERR_RXMUX_SESSION_REFUSED', wordsOf(refusal));
    if (refusal === Refusal.unknown && this.#session !== undefined) {
      this.#end();
      this.#connection.destroy();
      this.#outcome.unknown(error);
    } else {
      this.faulty(error);
    }
  }

  /** What takes a while: nothing is done when it is there, where the connection is gone by then. */
  #when<T>(promise: Promise<T>, then: (value: T) => void): void {
    promise
      .then((value) => {
        if (!this.#isOver) {
          then(value);
        }
      })
      .catch((error: unknown) => {
        this.faulty(error);
      });
  }
}
