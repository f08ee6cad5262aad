import { of, type SchedulerLike, Subscription } from 'rxjs';
import { bufferOn } from '../arguments.js';
import type { Carrier } from '../carrier/carrier.js';
import { ProtocolError } from '../errors.js';
import { failOnSilence } from '../mux/fail-on-silence.js';
import { onSilence } from '../mux/on-silence.js';
import { backgroundTimer } from '../reactive/background-timer.js';
import { Outlet } from '../reactive/outlet.js';
import { isolated } from '../reactive/report-error.js';
import { record, RecordType, type RecordTypeValue } from './record.js';
import { type ReadRecord, RecordReader } from './record-reader.js';

/** Who uses a {@link Connection}: a handshake at first, a session later. */
export interface ConnectionUser {
  /** A record has come, or a part of one of DATA. What it throws is a fault of the far end's. */
  receive(record: ReadRecord): void;
  /** What has come makes no sense. */
  faulty(error: unknown): void;
  /** There may be more room now. */
  roomChanged(): void;
  /** The connection has ended or failed, or is dead. Nothing more comes. */
  lost(error: unknown): void;
}

/** ms that a connection has to come to its end in good order. */
const GOODBYE = 1000;

/** Parts of the time after which a silent connection is dead: after one of them it is asked whether it is not. */
const PINGS = 4;

/** One connection: a carrier that records go over. */
export class Connection {
  readonly carrier: Carrier;
  readonly #scheduler: SchedulerLike;
  readonly #reader = new RecordReader();
  /** Emits whenever something has come. */
  readonly #heard = new Outlet<void>();
  readonly #subscriptions = new Subscription();
  #watch = Subscription.EMPTY;
  /** Who is told; nobody where nothing is heard, and nothing said, any more. */
  #user: ConnectionUser | undefined;
  /** Bytes that may wait while it is paused. */
  #mayWait: number | undefined;
  #openHalves = 2;
  /** What is to be said when there is room: of each type only the latest. */
  readonly #due = new Map<RecordTypeValue, () => Uint8Array>();

  constructor(carrier: Carrier, scheduler: SchedulerLike) {
    this.carrier = carrier;
    this.#scheduler = scheduler;
  }

  /** Begins to listen. */
  start(user: ConnectionUser): void {
    this.#user = user;
    const over = {
      error: (error: unknown) => {
        this.#halfEnded(error);
      },
      complete: () => {
        this.#halfEnded(undefined);
      },
    };
    this.#subscriptions.add(
      this.carrier.capacity$.subscribe({
        ...over,
        next: () => {
          this.#roomChanged();
        },
      }),
    );
    this.#subscriptions.add(
      this.carrier.inbound$.subscribe({
        ...over,
        next: (chunk) => {
          this.#received(chunk);
        },
      }),
    );
  }

  /** From now on it is used by somebody else. */
  handTo(user: ConnectionUser): void {
    this.#user = user;
  }

  /** From now on it is dead where nothing has come for so many ms, asked or not. */
  watch(deadAfter: number | false): void {
    if (deadAfter !== false) {
      this.#watch = this.#heard.values$
        .pipe(
          onSilence(Math.ceil(deadAfter / PINGS), this.#scheduler, () => {
            this.say(RecordType.ping);
          }),
          failOnSilence(deadAfter, this.#scheduler),
        )
        .subscribe({
          error: (error: unknown) => {
            this.#lost(error);
          },
        });
    }
  }

  /** Tells, until it is over, whether anything can come: always, unless its carrier says that of itself. */
  tellWhetherConnected(next: (isConnected: boolean) => void): void {
    const { connected$ = of(true) } = this.carrier;
    this.#subscriptions.add(
      connected$.subscribe({ next, error: () => undefined }), // where it is over that is told otherwise
    );
  }

  /** Bytes that it takes now. */
  get room(): number {
    return this.#isOver ? 0 : this.carrier.capacity$.value;
  }

  get #isOver(): boolean {
    return this.#user === undefined;
  }

  /** Writes records, or parts of them, at once; nothing where it is over, which its user may not have heard yet. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.#isOver) {
      return;
    }
    try {
      this.carrier.write(pieces);
    } catch (error) {
      this.#lost(error);
    }
  }

  /**
   * Writes a record when there is room: of the same type, only the last one.
   *
   * @param make - makes it, when it is written
   */
  say(type: RecordTypeValue, make: () => Uint8Array = () => record(type)): void {
    if (this.room > 0) {
      this.write([make()]);
    } else {
      this.#due.set(type, make);
    }
  }

  /** What comes waits until {@link resume}: `bytes` of it at most, more are a fault. */
  pause(bytes: number): void {
    this.#mayWait = bytes;
  }

  resume(): void {
    this.#mayWait = undefined;
    this.#read();
  }

  /** Ends it in good order: what has been written still leaves. Nothing more is heard of it. */
  end(): void {
    if (this.#isOver) {
      return;
    }
    this.#stop();
    this.#subscriptions.add(
      backgroundTimer(GOODBYE, this.#scheduler).subscribe(() => {
        this.#giveUp();
      }),
    );
    isolated(() => {
      this.carrier.end();
    });
  }

  /** Gives it up at once. Nothing more is heard of it. */
  destroy(): void {
    if (!this.#isOver) {
      this.#stop();
      this.#giveUp();
    }
  }

  #stop(): void {
    this.#user = undefined;
    this.#due.clear();
    this.#watch.unsubscribe();
  }

  #giveUp(): void {
    this.#subscriptions.unsubscribe();
    isolated(() => {
      this.carrier.destroy();
    });
  }

  #halfEnded(error: unknown): void {
    this.#openHalves -= 1;
    if (!this.#isOver) {
      this.#lost(error);
    } else if (this.#openHalves === 0) {
      this.#subscriptions.unsubscribe();
    }
  }

  /** Whatever of it is left is of no use. */
  #lost(error: unknown): void {
    const user = this.#user;
    this.destroy();
    user?.lost(error);
  }

  #received(chunk: Uint8Array): void {
    if (this.#isOver) {
      return;
    }
    this.#heard.next();
    this.#reader.push(bufferOn(chunk));
    this.#read();
  }

  #read(): void {
    try {
      while (this.#mayWait === undefined && !this.#isOver) {
        const read = this.#reader.next();
        if (read === undefined) {
          return;
        }
        this.#user?.receive(read);
      }
      if (this.#mayWait !== undefined && this.#reader.waiting > this.#mayWait) {
        throw new ProtocolError('the far end does not wait for an answer');
      }
    } catch (error) {
      this.#user?.faulty(error);
    }
  }

  #roomChanged(): void {
    for (const [type, make] of this.#due) {
      if (this.room <= 0) {
        return;
      }
      this.#due.delete(type);
      this.write([make()]);
    }
    this.#user?.roomChanged();
  }
}
