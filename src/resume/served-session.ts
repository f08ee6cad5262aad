import type { Buffer } from 'node:buffer';
import type { Connected } from './connect.js';
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
  readonly secret: Buffer;
  connection: Connected;
  /** The number of the connection that it has, or had last: one of a lower number comes too late. */
  generation = 0;
  readonly #owner: ServedSessionOwner;
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
    this.secret = secret;
    this.connection = connection;
  }

  /** The first record of a client's says that it knows of the session: before, nobody is told of it. */
  override receive(record: ReadRecord): void {
    this.confirm();
    super.receive(record);
  }

  /** The connection of that number takes the place of the one that there is. */
  fence(generation: number): void {
    this.generation = generation;
    this.detach();
  }

  confirm(): void {
    if (!this.#isConfirmed) {
      this.#isConfirmed = true;
      this.#owner.confirmed();
    }
  }
}
