import type { Buffer } from 'node:buffer';
import { Subscription } from 'rxjs';
import { ProtocolError } from '../errors.js';
import type { Connected } from './connect.js';
import type { Connection, ConnectionUser } from './connection.js';
import {
  clientStatement,
  decodeBegin,
  decodeResume,
  encodeBegun,
  encodeRefused,
  encodeResumed,
  Refusal,
  type ResumeClaim,
  serverStatement,
  VERSION,
  versionOf,
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

/** What the side that is connected to hears first on a connection, and answers. It says nothing until it is spoken to. */
export class ServerHandshake implements ConnectionUser {
  /** The connection as it was given. */
  readonly #given: Connected;
  readonly #connection: Connection;
  readonly #settings: SessionSettings;
  readonly #sessions: Sessions;
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
  }

  /** Gives it up, and the connection. */
  stop(): void {
    this.#connection.destroy();
    this.#end();
  }

  receive({ type, body }: ReadRecord): void {
    if (type !== RecordType.begin && type !== RecordType.resume) {
      throw new ProtocolError(`a record of type ${type} in a handshake`);
    }
    if (versionOf(body) !== VERSION) {
      this.#refuse(Refusal.version);
    } else if (type === RecordType.begin) {
      this.#begin(decodeBegin(body));
    } else {
      const { claim, proof } = decodeResume(body);
      this.#connection.pause(0); // one claim is enough
      this.#resume(claim, proof).catch(() => {
        this.stop();
      });
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

  /** @param peerKeeps - bytes that the client keeps at most until they are acknowledged */
  #begin(peerKeeps: number): void {
    const session = this.#sessions.begin(this.#given);
    if (session === undefined) {
      this.#refuse(Refusal.full);
      return;
    }
    const { id, secret } = session;
    const { bufferSize } = this.#settings;
    session.peerKeeps(peerKeeps);
    session.detach(this.#connection);
    this.#answer(encodeBegun({ id, secret, bufferSize, nonce: session.issueNonce() }));
    if (this.#isGone()) {
      session.missed(this.#connection); // the answer may have arrived all the same
    } else {
      this.#goOn(session, 0);
    }
  }

  async #resume(claim: ResumeClaim, proof: Buffer): Promise<void> {
    const session = this.#sessions.find(claim.id);
    // Where there is none it takes as long, and is answered in the same words. So it is with a nonce that is not good: that is
    // looked at only when it is proved who asks.
    const anyKey = randomKey();
    const isRight = await isProved(session?.secret ?? anyKey, clientStatement(claim), proof);
    // Also where the connection has gone meanwhile: what has been seen is not good again.
    const isGood = session !== undefined && isRight && session.claim(claim);
    if (this.#isGone()) {
      return;
    }
    if (session === undefined || !isGood) {
      this.#refuse(Refusal.unknown);
      return;
    }
    const isAuthorized = await this.#sessions.authorize(this.#given, session);
    if (this.#isGone()) {
      return;
    }
    if (!isAuthorized || !session.isLatest(claim)) {
      this.#refuse(isAuthorized ? Refusal.unknown : Refusal.unauthorized);
      return;
    }
    try {
      await this.#takeOver(session, claim);
    } finally {
      session.missed(this.#connection);
    }
  }

  async #takeOver(session: ServedSession, claim: ResumeClaim): Promise<void> {
    // The old connection is dead before it is said how far it has come.
    session.detach(this.#connection);
    const answer = { position: session.position, nonce: session.issueNonce() };
    const answerProof = await prove(session.secret, serverStatement(claim, answer));
    if (this.#isGone() || !session.isLatest(claim)) {
      this.stop();
      return;
    }
    this.#answer(encodeResumed(answer, answerProof));
    if (!this.#isGone()) {
      session.connection = this.#given;
      this.#sessions.attached(session);
      this.#goOn(session, claim.position);
      session.confirm();
    }
  }

  /** What follows the answer may come before that has been written: it waits. */
  #answer(answer: Buffer): void {
    this.#connection.pause(Infinity);
    this.#connection.write([answer]);
  }

  /** The connection is the session's from now on. */
  #goOn(session: ServedSession, position: number): void {
    this.#end();
    session.attach(this.#connection, position);
    this.#connection.resume();
  }
}
