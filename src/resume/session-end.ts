import { type SchedulerLike, Subscription } from 'rxjs';
import type { Carrier, SocketAddresses } from '../carrier/carrier.js';
import { Inbox } from '../carrier/inbox.js';
import { ProtocolError, SessionLostError } from '../errors.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { State } from '../reactive/state.js';
import type { Connection, ConnectionUser } from './connection.js';
import { readPosition } from '../flow/position.js';
import { Received } from './received.js';
import { dataRecord, positionRecord, record, RecordType } from './record.js';
import type { ReadRecord } from './record-reader.js';
import { Sent } from './sent.js';
import type { SessionState } from './session-state.js';

/** Settings of either end of a session. */
export interface SessionSettings {
  readonly bufferSize: number;
  readonly timeout: number;
  readonly deadAfter: number | false;
  readonly scheduler: SchedulerLike;
}

/** Who is told what becomes of a {@link SessionEnd}. */
export interface SessionOwner {
  /** It has no connection any more. May be said twice. */
  lost(error: unknown): void;
  /** All has arrived at both ends, and both know. */
  completed(): void;
  /** The far end has forgotten the session, which had come to its end. */
  forgotten(): void;
  /** It is over, whatever the reason. */
  over(): void;
}

/** ms after which the far end is told at the latest what has come. */
const ACKNOWLEDGE_AFTER = 25;

/** Bytes that are sent again in one record. */
const AGAIN_AT_ONCE = 65_536;

/** One end of a session: a carrier that has a connection, or waits for the next one. */
export class SessionEnd implements Carrier, ConnectionUser {
  readonly capacity$ = new State(0);
  readonly connected$ = new State(false);
  readonly state$ = new State<SessionState>('connecting');
  /** Why there is no connection, where that is known. */
  lastError: unknown;
  readonly #settings: SessionSettings;
  readonly #owner: SessionOwner;
  readonly #sent: Sent;
  readonly #received = new Received();
  readonly #inbox = new Inbox((bytes) => {
    this.#taken(bytes);
  });
  #connection: Connection | undefined;
  /** What that has been given up for. */
  #next: Connection | undefined;
  #connections = 0;
  /** Up to where bytes have been written to this connection, with the end, which counts for one byte. */
  #writtenTo = 0;
  #isWriting = false;
  #acknowledging = Subscription.EMPTY;
  #waiting = Subscription.EMPTY;
  #isOver = false;

  constructor(settings: SessionSettings, owner: SessionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#sent = new Sent(settings.bufferSize);
    this.#waitForConnection();
  }

  get inbound$(): Carrier['inbound$'] {
    return this.#inbox.inbound$;
  }

  /** Those of the connection that there is now. */
  get addresses(): SocketAddresses {
    return this.#connection?.carrier.addresses ?? {};
  }

  get burstEnd$(): Carrier['burstEnd$'] {
    return this.#connection?.carrier.burstEnd$;
  }

  /** How often a connection was replaced. */
  get resumptions(): number {
    return Math.max(0, this.#connections - 1);
  }

  /** Bytes that are kept, since they may have to be sent again. */
  get kept(): number {
    return this.#sent.kept;
  }

  /** Up to where all has been taken that the far end has sent. */
  get position(): number {
    return this.#received.position;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether all has arrived at both ends. */
  get isComplete(): boolean {
    return this.#sent.isOver && this.#received.hasEnded;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isOver || this.#sent.isEnded) {
      return;
    }
    const from = this.#sent.end;
    this.#sent.write(chunks);
    const { end } = this.#sent;
    if (this.#connection !== undefined && this.#writtenTo === from && from < end) {
      this.#writtenTo = end;
      this.#writeData(this.#connection, chunks, end - from);
    }
    this.#updateCapacity();
  }

  end(): void {
    this.#sent.finish();
    this.#send();
  }

  destroy(): void {
    this.fail();
  }

  /** Gives it up, for this side and the far end; with an error, that is why. */
  fail(error?: Error): void {
    this.#connection?.write([record(RecordType.reset)]);
    this.forget(error);
  }

  /** It gets no connection any more: it is lost, unless all has arrived. */
  lose(why: string, cause?: unknown): void {
    this.forget(this.isComplete ? undefined : new SessionLostError(why, { cause }));
  }

  /** Forgets it: nothing more is to be said about it. What has been written still leaves. */
  forget(error?: Error): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#connection?.end();
    this.#connection = undefined;
    this.#waiting.unsubscribe();
    this.#acknowledging.unsubscribe();
    this.#sent.drop();
    this.#inbox.end(error);
    this.capacity$.complete();
    this.connected$.complete();
    this.state$.change('over');
    this.state$.complete();
    this.#owner.over();
  }

  /** The far end keeps so many bytes until they are acknowledged. */
  peerKeeps(bufferSize: number): void {
    this.#received.peerKeeps(bufferSize);
  }

  /**
   * Goes on over that connection.
   *
   * @param position - up to where the far end, which has proved to be itself, says that it has all that was sent: where that
   * cannot be, the session is over
   */
  attach(connection: Connection, position: number): void {
    connection.handTo(this);
    this.#connection = connection;
    try {
      this.#sent.acknowledge(position);
    } catch (error) {
      this.faulty(error);
      return;
    }
    this.#received.tell(); // it knows it from the handshake
    this.#waiting.unsubscribe();
    this.#connections += 1;
    this.#writtenTo = position;
    connection.watch(this.#settings.deadAfter);
    this.#send();
    // Whoever hears of this may give it up, and so may the connection what it is given.
    if (this.#connection === connection) {
      connection.tellWhetherConnected((isConnected) => {
        this.connected$.change(isConnected);
      });
    }
    if (this.#connection === connection) {
      this.state$.change('connected');
    }
    this.#progressed();
  }

  /** Gives up the connection for the next one. The owner hears that there is none only where that one is {@link missed}. */
  detach(next: Connection): void {
    this.#next = next;
    if (this.#connection !== undefined) {
      this.#connection.destroy();
      this.#disconnected(undefined);
    }
  }

  /** Whoever had the connection given up for `next` has no more to do with it: where it is not attached, nothing came of it. */
  missed(next: Connection): void {
    if (next === this.#next && this.#connection === undefined && !this.#isOver) {
      this.#owner.lost(undefined);
    }
  }

  /** Says something about the session that is no part of it. */
  say(type: typeof RecordType.bye | typeof RecordType.acknowledgement): void {
    this.#connection?.write([type === RecordType.bye ? record(type) : this.#position()]);
  }

  receive({ type, body }: ReadRecord): void {
    switch (type) {
      case RecordType.data:
        this.#receiveData(body);
        break;
      case RecordType.acknowledgement:
        this.#sent.acknowledge(readPosition(body, 0), this.#writtenTo);
        this.#progressed();
        break;
      case RecordType.fin:
        this.#receiveEnd(readPosition(body, 0));
        break;
      case RecordType.ping:
        this.#connection?.say(RecordType.pong);
        break;
      case RecordType.pong:
        break; // that something has come is all
      case RecordType.bye:
        this.#receiveBye();
        break;
      case RecordType.reset:
        this.forget();
        break;
      default:
        throw new ProtocolError(`a record of type ${type} in a session`);
    }
  }

  faulty(error: unknown): void {
    this.fail(error as Error);
  }

  roomChanged(): void {
    if (!this.#isWriting) {
      this.#send();
      this.#updateCapacity();
    }
  }

  lost(error: unknown): void {
    this.#disconnected(error);
    if (!this.#isOver) {
      this.#owner.lost(error);
    }
  }

  #disconnected(error: unknown): void {
    this.#connection = undefined;
    this.lastError = error;
    this.#acknowledging.unsubscribe();
    this.#inbox.drop();
    this.#received.lose();
    this.#waitForConnection();
    this.#updateCapacity();
    this.connected$.change(false);
    // Whoever hears of this may give it up.
    if (!this.#isOver) {
      this.state$.change('lost');
    }
  }

  /** What is not on this connection yet goes there as far as it has room: bytes, and the end. */
  #send(): void {
    const connection = this.#connection;
    while (
      connection === this.#connection &&
      connection !== undefined &&
      this.#isBehind &&
      connection.room > 0
    ) {
      const chunks = this.#sent.read(this.#writtenTo, AGAIN_AT_ONCE);
      const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      this.#writtenTo += length;
      this.#writeData(connection, chunks, length);
    }
    if (this.#connection !== undefined && this.#sent.isEnded && this.#writtenTo === this.#sent.end) {
      this.#writtenTo += 1;
      this.#connection.write([positionRecord(RecordType.fin, this.#sent.end)]);
    }
  }

  /** What has come is told along with it. */
  #writeData(connection: Connection, chunks: readonly Uint8Array[], length: number): void {
    const ahead = this.#received.isWorthTelling ? this.#position() : undefined;
    this.#isWriting = true; // a carrier may say how much room there is before it passes these on
    connection.write(dataRecord(chunks, length, ahead));
    this.#isWriting = false;
  }

  get #isBehind(): boolean {
    return this.#writtenTo < this.#sent.end;
  }

  #updateCapacity(): void {
    if (this.#isOver || this.#sent.isOver) {
      return;
    }
    const room = this.#connection === undefined || this.#isBehind ? 0 : this.#connection.room;
    this.capacity$.change(Math.min(room, this.#sent.room));
  }

  /** The far end has said how far it is. */
  #progressed(): void {
    if (this.#sent.isOver) {
      this.capacity$.complete();
    } else {
      this.#updateCapacity();
    }
    this.#completeIfOver();
  }

  #completeIfOver(): void {
    if (this.isComplete && !this.#isOver) {
      this.#owner.completed();
    }
  }

  #receiveData(body: Uint8Array): void {
    if (this.#received.isEndKnown) {
      throw new ProtocolError('bytes after the end');
    }
    this.#inbox.add(body);
    if (this.#inbox.held > this.#settings.bufferSize) {
      this.fail(
        new Error(
          `more than ${this.#settings.bufferSize} bytes have come, and nobody has made a mux for them`,
        ),
      );
    }
  }

  #receiveEnd(position: number): void {
    this.#received.end(position, this.#inbox.held);
    this.#endIfTaken();
  }

  #taken(bytes: number): void {
    this.#received.take(bytes);
    this.#endIfTaken();
    this.#acknowledge();
  }

  #endIfTaken(): void {
    if (this.#received.hasEnded) {
      this.say(RecordType.acknowledgement); // room or not: a bye may follow
      this.#inbox.end();
      this.#completeIfOver();
    }
  }

  #receiveBye(): void {
    if (!this.isComplete) {
      throw new ProtocolError('a bye before the end');
    }
    this.#owner.forgotten();
  }

  #acknowledge(): void {
    if (this.#received.isDue) {
      this.#connection?.say(RecordType.acknowledgement, this.#position);
    } else if (this.#acknowledging.closed && this.#received.isNews) {
      this.#acknowledging = backgroundTimer(ACKNOWLEDGE_AFTER, this.#settings.scheduler).subscribe(() => {
        if (this.#received.isNews) {
          this.#connection?.say(RecordType.acknowledgement, this.#position);
        }
      });
    }
  }

  readonly #position = (): Uint8Array => positionRecord(RecordType.acknowledgement, this.#received.tell());

  #waitForConnection(): void {
    const { timeout, scheduler } = this.#settings;
    this.#waiting.unsubscribe();
    this.#waiting = backgroundTimer(timeout, scheduler).subscribe(() => {
      this.lose(`there was no connection for ${timeout} ms`, this.lastError);
    });
  }
}
