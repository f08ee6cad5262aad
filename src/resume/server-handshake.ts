import type { Buffer } from 'node:buffer';
import { Subscription } from 'rxjs';
import { ProtocolError } from '../errors.js';
import type { Connected } from './connect.js';
import type { Connection, ConnectionUser } from './connection.js';
import {
  type Begin,
  decodeBegin,
  decodeResume,
  encodeBegun,
  encodeGreeting,
  encodeRefused,
  encodeResumed,
  Refusal,
  type ResumeClaim,
  statement,
  VERSION,
} from './handshake.js';
import { handshakeTimeout } from './handshake-timeout.js';
import { isProved, prove, randomKey } from './proof.js';
import { RecordType } from './record.js';
import type { ReadRecord } from './record-reader.js';
import type { ServedSession } from './served-session.js';
import type { SessionSettings } from './session-end.js';

/** What a {@link ServerHandshake} needs of those who keep the sessions. */
export interface Sessions {
  /** Makes a session; `undefined` where there is no room for it. */
  begin(given: Connected): ServedSession | undefined;
  /** The session of that id. */
  find(id: Buffer): ServedSession | undefined;
  /** Whether this connection may go on with that session. */
  authorize(given: Connected, session: ServedSession): Promise<boolean>;
  /** The session has a connection. */
  attached(session: ServedSession): void;
  /** The handshake is over, whatever has come of it. */
  over(handshake: ServerHandshake): void;
}

/** What the side that is connected to says first on a connection, and hears. */
export class ServerHandshake implements ConnectionUser {
  /** The connection as it was given. */
  readonly #given: Connected;
  readonly #connection: Connection;
  readonly #settings: SessionSettings;
  readonly #sessions: Sessions;
  readonly #nonce = randomKey();
  #patience = Subscription.EMPTY;
  #isOver = false;

  constructor(given: Connected, connection: Connection, settings: SessionSettings, sessions: Sessions) {
    this.#given = given;
    this.#connection = connection;
    this.#settings = settings;
    this.#sessions = sessions;
  }

  start(): void {
    this.#patience = handshakeTimeout(this.#settings).subscribe(() => {
      this.stop();
    });
    this.#connection.start(this);
    this.#connection.say(RecordType.greeting, () => encodeGreeting({ version: VERSION, nonce: this.#nonce }));
  }

  /** Gives it up, and the connection. */
  stop(): void {
    this.#connection.destroy();
    this.#end();
  }

  receive({ type, body }: ReadRecord): void {
    if (type === RecordType.begin) {
      this.#begin(decodeBegin(body));
    } else if (type === RecordType.resume) {
      const { claim, proof } = decodeResume(body);
      this.#connection.pause(0); // one claim is enough
      this.#resume(claim, proof).catch(() => {
        this.stop();
      });
    } else {
      throw new ProtocolError(`a record of type ${type} in a handshake`);
    }
  }

  faulty(): void {
    this.stop();
  }

  roomChanged(): void {
    // there is always room for a handshake
  }

  lost(): void {
    this.#end();
  }

  #end(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#patience.unsubscribe();
      this.#sessions.over(this);
    }
  }

  /** Whether the connection has gone meanwhile. */
  #isGone(): boolean {
    return this.#isOver;
  }

  #refuse(refusal: number): void {
    this.#connection.write([encodeRefused(refusal)]);
    this.#connection.end();
    this.#end();
  }

  #begin({ version, bufferSize }: Begin): void {
    const session = version === VERSION ? this.#sessions.begin(this.#given) : undefined;
    if (session === undefined) {
      this.#refuse(version === VERSION ? Refusal.full : Refusal.version);
      return;
    }
    const { id, secret } = session;
    this.#connection.write([encodeBegun({ id, secret, bufferSize: this.#settings.bufferSize })]);
    if (this.#isGone()) {
      session.destroy(); // nobody has heard of it
      return;
    }
    this.#end();
    session.peerKeeps(bufferSize);
    session.attach(this.#connection, 0);
  }

  async #resume(claim: ResumeClaim, proof: Buffer): Promise<void> {
    const session = this.#sessions.find(claim.id);
    // Where there is none it takes as long, and is answered in the same words.
    const secret = session?.secret ?? randomKey();
    const isRight = await isProved(secret, statement('client', this.#nonce, claim), proof);
    const isNext = (): boolean =>
      session !== undefined && !session.isOver && claim.generation > session.generation;
    if (this.#isGone()) {
      return;
    }
    if (session === undefined || !isRight || !isNext()) {
      this.#refuse(Refusal.unknown);
      return;
    }
    const isAuthorized = await this.#sessions.authorize(this.#given, session);
    if (this.#isGone()) {
      return;
    }
    if (!isAuthorized || !isNext()) {
      this.#refuse(isAuthorized ? Refusal.unknown : Refusal.unauthorized);
      return;
    }
    // The old connection is dead before it is said how far it has come.
    session.fence(claim.generation);
    const { position } = session;
    const answer = await prove(session.secret, statement('server', this.#nonce, claim, position));
    if (this.#isGone() || session.isOver || session.generation !== claim.generation) {
      this.stop();
      return;
    }
    this.#connection.write([encodeResumed(position, answer)]);
    if (!this.#isGone()) {
      this.#end();
      this.#goOn(session, claim.position);
    }
  }

  #goOn(session: ServedSession, position: number): void {
    session.connection = this.#given;
    this.#sessions.attached(session);
    try {
      session.attach(this.#connection, position);
    } catch (error) {
      session.fail(error as Error); // its own client lies about it
      this.#connection.destroy();
      return;
    }
    session.confirm();
    this.#connection.resume();
  }
}
