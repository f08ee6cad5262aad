import type { Buffer } from 'node:buffer';
import type { Connected } from './connect.js';
import type { ResumeClaim } from './handshake.js';
import { randomKey } from './proof.js';
import type { ReadRecord } from './record-reader.js';
import type { SessionCarrier } from './session-carrier.js';
import { SessionEnd, type SessionOwner, type SessionSettings } from './session-end.js';

/** Who is told what becomes of a {@link ServedSession}. */
export interface ServedSessionOwner extends SessionOwner {
  /** The client has shown that it knows the session. */
  confirmed(): void;
}

/** A session at the side that is connected to. */
export class ServedSession extends SessionEnd implements SessionCarrier {
  readonly id: Buffer;
  readonly #secret: Buffer;
  connection: Connected;
  readonly #owner: ServedSessionOwner;
  /** The highest number of a connection that has been claimed: each is good once, and one of a lower number comes too late. */
  #generation = 0;
  /**
   * The nonce of the last claim, and the one that was issued since: which of them the client has is not known, since the
   * answer that it comes with may be lost with its connection.
   */
  #nonces: readonly Buffer[] = [];
  #isConfirmed = false;

  constructor(
    settings: SessionSettings,
    owner: ServedSessionOwner,
    id: Buffer,
    secret: Buffer,
    connection: Connected,
  ) {
    super(settings, owner);
    this.#owner = owner;
    this.id = id;
    this.#secret = secret;
    this.connection = connection;
  }

  /** Not among what `console.log` shows. */
  get secret(): Buffer {
    return this.#secret;
  }

  /** The first record of a client's says that it knows of the session: before, nobody is told of it. */
  override receive(record: ReadRecord): void {
    this.confirm();
    super.receive(record);
  }

  /** Issues a nonce, which the next claim may be proved over. */
  issueNonce(): Buffer {
    const nonce = randomKey();
    this.#nonces = [...this.#nonces, nonce];
    return nonce;
  }

  /** Takes note of a claim that has been proved. Returns whether it is good: never a second time. */
  claim({ generation, serverNonce }: ResumeClaim): boolean {
    const nonce = this.#nonces.find((one) => one.equals(serverNonce));
    if (this.isOver || nonce === undefined || generation <= this.#generation) {
      return false;
    }
    this.#generation = generation;
    this.#nonces = [nonce];
    return true;
  }

  /** Whether the session may go on by that claim: there has been no later one. */
  isLatest({ generation }: ResumeClaim): boolean {
    return !this.isOver && generation === this.#generation;
  }

  confirm(): void {
    if (!this.#isConfirmed && !this.isOver) {
      this.#isConfirmed = true;
      this.#owner.confirmed();
    }
  }
}
