import type { Faults } from '../channel/faults.js';
import type { KnownPeer } from '../channel/shared.js';
import { timeOfAnswer } from '../flow/way-back.js';
import { LEAST_FIRST_WINDOW } from '../flow/window-memory.js';
import { MuxClosedError, MuxError } from '../errors.js';
import type { ChannelSettings } from '../options.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import type { MessageWriter } from '../framing/message-writer.js';
import type { GoAwayMessage, HelloMessage, PingMessage, PongMessage } from '../protocol/extension.js';
import { Once } from '../reactive/once.js';
import { State } from '../reactive/state.js';
import type { Sender } from '../sender/sender.js';
import type { ControlSource } from '../sender/source.js';
import type { PeerInfo } from './peer-info.js';

/** The version of the additions that is spoken here. */
const VERSION = 1;

const MAX_ID = 0xffff_ffff;

/** What a {@link Peer} is made with. */
export interface PeerSettings {
  /** The least receive window of a channel that the peer opens; `undefined`: no HELLO is said. */
  readonly window: number | undefined;
  /** Counts ms. */
  readonly now: () => number;
  /** Called when the peer has said who it is. */
  readonly onKnown: () => void;
  /** The number of the first ping. Default: 0 */
  readonly firstId?: number | undefined;
}

/** Somebody who has asked for a ping. */
interface Asker {
  readonly resolve: (time: number) => void;
  readonly reject: (error: unknown) => void;
}

/** A ping that is to be written. */
interface Ping extends Asker {
  readonly askedAt: number;
}

/** A ping whose answer has not come. */
interface Waiting extends Ping {
  readonly id: number;
}

/**
 * What this side and the peer say to each other about the connection, where the peer knows more than bpmux: who they are,
 * whether they are there, and that no more channels are accepted.
 */
export class Peer implements ControlSource, KnownPeer {
  isControlDue = false;
  readonly peer$ = new State<PeerInfo | undefined>(undefined);
  readonly goingAway$ = new Once<void>();
  readonly #sender: Sender;
  readonly #faults$: Faults;
  readonly #now: () => number;
  /** The window that this side promises; `undefined`: it speaks nothing but bpmux. */
  readonly #window: number | undefined;
  readonly #onKnown: () => void;

  /** Whether the first message has come: where that was no HELLO, none will. */
  #isDecided = false;
  #isGoingAway = false;
  #helloDue: HelloMessage | undefined;
  /** Whether this side accepts no more channels, and whether that is to be said. */
  #isLeaving = false;
  #isGoAwayDue = false;
  #pongDue: PongMessage | undefined;
  #lastId: number;
  /** In the order of their numbers. */
  #waiting: Waiting[] = [];
  /** Those of {@link ping}, and whether there is to be one that nobody waits for, until they are written. */
  #pingsDue: Ping[] = [];
  #isProbeDue = false;
  /** Calls of {@link ping} before it is known whether the peer knows it. */
  #undecided: Asker[] = [];
  #over: { readonly error: unknown } | undefined;
  #roundTrip: number | undefined;

  /**
   * @param sender - where it asks for its turn
   * @param faults$ - takes what the peer has done against the protocol
   */
  constructor(sender: Sender, faults$: Faults, { window, now, onKnown, firstId = 0 }: PeerSettings) {
    this.#sender = sender;
    this.#faults$ = faults$;
    this.#window = window;
    this.#now = now;
    this.#onKnown = onKnown;
    this.#lastId = firstId - 1;
    this.#isDecided = window === undefined;
    if (window !== undefined) {
      this.#helloDue = { type: 'hello', version: VERSION, window };
      sender.requestFirst(this);
    }
  }

  /** Whether the peer accepts no more channels. */
  get isGoingAway(): boolean {
    return this.#isGoingAway;
  }

  /** What the last {@link ping} took, ms; `undefined` where none has been answered. */
  get roundTrip(): number | undefined {
    return this.#roundTrip;
  }

  /** Bytes that the peer may send on a channel that it opens before that is answered. */
  get promised(): number {
    return this.#window ?? 0;
  }

  /** Throws where the peer accepts no more channels. */
  assertOpen(): void {
    if (this.#isGoingAway) {
      throw new MuxClosedError({ message: 'the peer accepts no more channels' });
    }
  }

  /** What the peer has said of itself, if it has. */
  get info(): PeerInfo | undefined {
    return this.peer$.value;
  }

  /** The peer's first message has come. */
  first(message: ReceivedMessage): void {
    if (message.type !== 'hello') {
      this.#decide();
    }
  }

  /** A message about the connection has come. */
  receive(message: HelloMessage | PingMessage | PongMessage | GoAwayMessage): void {
    if (message.type === 'hello') {
      this.#receiveHello(message);
    } else if (this.info === undefined) {
      this.#faults$.protocol(`${message.type} before hello`);
    } else if (message.type === 'ping') {
      this.#receivePing(message);
    } else if (message.type === 'pong') {
      this.#receivePong(message);
    } else {
      this.#isGoingAway = true;
      this.goingAway$.settle();
    }
  }

  /** Milliseconds there and back. */
  ping(): Promise<number> {
    return new Promise<number>((resolve, reject) => {
      if (this.#over !== undefined) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what ended the mux, whatever that is
        reject(this.#over.error);
      } else if (this.info !== undefined) {
        this.#ping({ resolve, reject });
      } else if (this.#isDecided) {
        reject(unknownToPeer());
      } else {
        this.#undecided.push({ resolve, reject });
      }
    });
  }

  /** Has the peer say that it is there, where it can. */
  probe(): void {
    if (this.info !== undefined && this.#pingsDue.length === 0) {
      this.#isProbeDue = true;
      this.#sender.requestFirst(this);
    }
  }

  /** Asks for the answer that all before it has come, and when. Returns its number. */
  writeProbe(writer: MessageWriter): number {
    const id = this.#nextId();
    writer.write({ type: 'ping', id, isTimed: true });
    return id;
  }

  /** Tells the peer that no more channels are accepted. */
  goAway(): void {
    if (!this.#isLeaving && this.#over === undefined) {
      this.#isLeaving = true;
      this.#isGoAwayDue = this.info !== undefined;
      if (this.#isGoAwayDue) {
        this.#sender.requestFirst(this);
      }
    }
  }

  /** Nothing is said any more. */
  stop(error: unknown): void {
    this.#over = { error };
    const waiting = [...this.#undecided, ...this.#waiting, ...this.#pingsDue];
    this.#undecided = [];
    this.#waiting = [];
    this.#pingsDue = [];
    for (const { reject } of waiting) {
      reject(error);
    }
    this.peer$.complete();
    this.goingAway$.complete();
  }

  writeControl(writer: MessageWriter): void {
    const hello = this.#helloDue;
    if (hello !== undefined) {
      this.#helloDue = undefined;
      writer.write(hello);
    }
    const pong = this.#pongDue;
    if (pong !== undefined) {
      this.#pongDue = undefined; // the next ping may come before what is written has returned
      writer.write(pong);
    }
    if (this.#isGoAwayDue) {
      this.#isGoAwayDue = false;
      writer.write({ type: 'goAway', reason: undefined });
    }
    if (this.#isProbeDue) {
      this.#isProbeDue = false;
      writer.write({ type: 'ping', id: this.#nextId() });
    }
    for (let [ping] = this.#pingsDue; ping !== undefined; [ping] = this.#pingsDue) {
      this.#pingsDue.shift();
      const id = this.#nextId(); // not sooner: those of the sender's come in between, and numbers have to count up
      this.#waiting.push({ ...ping, id });
      writer.write({ type: 'ping', id });
    }
  }

  #receiveHello({ version, window }: HelloMessage): void {
    if (this.#isDecided) {
      this.#faults$.protocol(this.info === undefined ? 'late hello' : 'second hello');
      return;
    }
    this.peer$.next({ version, window });
    this.#decide();
    if (this.#isLeaving) {
      this.#isGoAwayDue = true;
      this.#sender.requestFirst(this);
    }
    this.#onKnown();
  }

  /** Of several that wait the latest is answered: that answers the others, too, and one of them may ask for the time. */
  #receivePing({ id, isTimed }: PingMessage): void {
    const asksForTime = isTimed ?? this.#pongDue?.at !== undefined;
    this.#pongDue = { type: 'pong', id, at: asksForTime ? timeOfAnswer(this.#now()) : undefined };
    this.#sender.requestFirst(this, isTimed); // who measures the line can tell when it came, wherever it waits
  }

  #receivePong({ id, at }: PongMessage): void {
    if (((this.#lastId - id) | 0) >= 0) {
      this.#sender.probeAnswered(id, at);
    }
    // It answers all pings up to that one, which may have been a probe's. Ids wrap.
    const isAnswered = (ping: Waiting): boolean => (id - ping.id) >>> 0 <= (this.#lastId - ping.id) >>> 0;
    for (let [first] = this.#waiting; first !== undefined && isAnswered(first); [first] = this.#waiting) {
      this.#waiting.shift();
      this.#roundTrip = this.#now() - first.askedAt;
      first.resolve(this.#roundTrip);
    }
  }

  #decide(): void {
    this.#isDecided = true;
    const undecided = this.#undecided;
    this.#undecided = [];
    for (const { resolve, reject } of undecided) {
      if (this.info === undefined) {
        reject(unknownToPeer());
      } else {
        this.#ping({ resolve, reject });
      }
    }
  }

  #ping({ resolve, reject }: Asker): void {
    this.#pingsDue.push({ askedAt: this.#now(), resolve, reject });
    this.#sender.requestFirst(this);
  }

  #nextId(): number {
    this.#lastId = this.#lastId === MAX_ID ? 0 : this.#lastId + 1;
    return this.#lastId;
  }
}

const unknownToPeer = (): MuxError => new MuxError('ERR_RXMUX_NO_PING', 'the peer knows no ping');

/** The receive window with which every channel that the peer opens can begin, however many there are. */
export const firstWindow = ({ highWaterMark }: ChannelSettings): number =>
  Math.min(LEAST_FIRST_WINDOW, highWaterMark);
