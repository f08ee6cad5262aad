import { Arriving } from './arriving.js';
import { MessageMemory } from './message-memory.js';
import { Sending } from './sending.js';
import {
  encodeMessage,
  Flag,
  HEADER_SIZE,
  Kind,
  type SessionHeader,
  type SessionMessage,
} from './session-message.js';

/** Settings of a {@link Link}. */
export interface LinkSettings {
  /** Bytes that may be under way in each direction. */
  readonly highWaterMark: number;
  /** ms of silence after which the far end is taken for dead. */
  readonly deadAfter: number;
}

/** What a {@link Link} works with. */
export interface LinkUser {
  /** The time, in ms. */
  now(): number;
  /** Bytes of a message's payload at most. */
  readonly payloadSize: number;
  /** Bytes that this end can have waiting now. */
  readonly window: number;
  /** Passes on a message. It may be lost, come twice, or late. */
  send(message: Uint8Array): void;
  /** Bytes have come: whoever takes them says so by {@link Link.took}. */
  deliver(bytes: Uint8Array): void;
  /** The far end's last byte has been delivered. */
  ended(): void;
  /** All that was sent has arrived, with the end. */
  arrived(): void;
  /** Both is so at both ends: there is nothing more to be said. */
  over(): void;
  /** Nothing has come from the far end for `deadAfter` ms, though it was asked. */
  silent(): void;
}

/** ms after which the far end is told at the latest what has been taken. */
const TELL_AFTER = 25;

/** ms after which the far end is asked first what has arrived; then after twice as long each time. */
const ASK_AFTER = 250;

/** How often `deadAfter` is divided: each part without a word from the far end is a question. */
const PARTS = 4;

/** How often the far end is asked in each part, where something is missing. */
const ASKED_IN_PART = 4;

/** Pings whose answers are waited for, at most: a far end that says other things is not to cost memory. */
const MAX_ASKED = 64;

/** A ping that was sent. */
interface Question {
  readonly number: number;
  /** From where bytes were to go on: all before that had been sent. */
  readonly position: number;
}

/**
 * One end of a session: sends bytes and has them sent again until they have arrived, whatever becomes of messages on the way.
 *
 * - Each message says where its sender stands. What comes twice or too early is left out.
 * - What is missing is found by a gap in the positions; by a ping, whose answer says what had arrived before it; and asked for
 *   after the line was {@link lost}. It is sent again from there on.
 * - No byte is sent that the far end has not said it takes.
 *
 * Pure: it knows neither NATS nor RxJS, and no clock. Its user calls {@link tick} when it is {@link dueAt}.
 */
export class Link {
  readonly #user: LinkUser;
  readonly #sending: Sending;
  readonly #arriving = new Arriving();
  /** ms: a part of `deadAfter`. */
  readonly #part: number;
  /** Whether what is sent now can arrive, and follows what has arrived. */
  #isSure = false;
  #isLost = true;
  /** The last ping's number. */
  #ping = 0;
  /** The pings whose answers can tell something, oldest first. */
  #asked: Question[] = [];
  #isDone = false;
  #hasArrived = false;
  /** Pings in a row that nothing has come after, and ms that were left of the part when the connection was lost. */
  #unheard = 0;
  #rest: number;
  #askDelay = ASK_AFTER;
  /** Before that nothing is sent again: what the far end says costs it 34 bytes, and may cost this side the whole window. */
  #againAt = 0;
  // When something is due: to tell what was taken; to ask what is missing; to ask whether anybody is there; to be over.
  #tellAt = Infinity;
  #askAt = Infinity;
  #quietAt = 0;
  #overAt = Infinity;

  constructor(settings: LinkSettings, user: LinkUser) {
    this.#user = user;
    this.#sending = new Sending(settings.highWaterMark);
    this.#part = settings.deadAfter / PARTS;
    this.#rest = this.#part;
  }

  /** Bytes that may be written now. */
  get room(): number {
    return this.#sending.room;
  }

  /** Whether all has arrived, both ways. The far end may not know yet. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** When {@link tick} is to be called: ms. */
  get dueAt(): number {
    return this.#isLost || this.#isDone ? this.#overAt : Math.min(this.#tellAt, this.#askAt, this.#quietAt);
  }

  /** The header for a greeting. */
  greeting(kind: number): Uint8Array {
    return encodeMessage(this.#header(0, this.#sending.next, 0, kind));
  }

  /** The far end is known: it can be sent to from now on. */
  open(): void {
    this.#isLost = false;
    this.#isSure = true;
    this.#heard();
    this.#askNow();
    this.#send();
  }

  write(chunks: readonly Uint8Array[]): void {
    const rest = this.#isSure ? this.#sendAtOnce(chunks) : chunks;
    this.#sending.write(rest);
    this.#send();
  }

  /** Nothing more is written. */
  end(): void {
    this.#sending.end();
    this.#send();
  }

  /** So many bytes have been taken of what was delivered. */
  took(bytes: number): void {
    this.#arriving.take(bytes);
    if (this.#arriving.isDue(this.#user.window)) {
      this.#say(0);
    } else if (this.#tellAt === Infinity) {
      this.#tellAt = this.#user.now() + TELL_AFTER;
    }
  }

  /** What is sent does not arrive any more. */
  lost(): void {
    this.#rest = this.#quietAt - this.#user.now();
    this.#isLost = true;
    this.#isSure = false;
    this.#asked = [];
    this.#againAt = 0;
  }

  /** What is sent arrives again. What has been sent last, here and there, may not have. */
  back(): void {
    this.#isLost = false;
    // The silence goes on: else a far end that is dead would not be found while connections break again and again.
    this.#quietAt = this.#user.now() + Math.max(this.#rest, this.#part / ASKED_IN_PART);
    this.#askNow(Flag.again);
  }

  /**
   * A message of the far end has come.
   *
   * @throws ProtocolError where it says what cannot be
   */
  receive(message: SessionMessage): void {
    const { flags, position, bytes } = message;
    this.#heard();
    this.#acknowledge(message);
    const { fresh, isGap } = this.#arriving.accept(
      position,
      bytes,
      (flags & Flag.end) !== 0,
      (flags & Flag.full) !== 0,
    );
    if (this.#isStuck(message)) {
      this.#sendAgain();
    } else {
      this.#send();
    }
    if ((flags & Flag.ping) !== 0) {
      this.#say(Flag.pong | (isGap ? Flag.again : 0), message.number);
    } else if (isGap) {
      this.#say(Flag.again);
    }
    if (fresh !== undefined) {
      this.#user.deliver(fresh);
    }
    if ((flags & Flag.end) !== 0) {
      this.#receiveEnd();
    }
    this.#finish();
    if (this.#isDone && (flags & Flag.done) !== 0) {
      this.#user.over();
    }
  }

  /** Does what is due. */
  tick(): void {
    const now = this.#user.now();
    if (now >= this.#overAt) {
      this.#user.over();
    } else if (this.#isLost || this.#isDone) {
      return;
    } else if (now >= this.#quietAt) {
      this.#unheard += 1;
      this.#quietAt = now + this.#part;
      if (this.#unheard < PARTS) {
        this.#askNow();
      } else {
        this.#user.silent();
      }
    } else if (now >= this.#askAt) {
      this.#askAgain();
    } else if (now >= this.#tellAt) {
      this.#say(0);
    }
  }

  /** Lets go of everything. */
  drop(): void {
    this.#sending.drop();
  }

  #heard(): void {
    this.#unheard = 0;
    this.#quietAt = this.#user.now() + this.#part;
  }

  #acknowledge({ received, taken, window }: SessionMessage): void {
    if (this.#sending.acknowledge(received, taken, window)) {
      this.#askDelay = ASK_AFTER;
      this.#askAt = Infinity; // what is still under way gets a time of its own
    }
    this.#watch();
  }

  /** Whether the far end says that something is missing, and it is not known to be on its way. */
  #isStuck({ flags, received, number }: SessionMessage): boolean {
    const answered = (flags & Flag.pong) === 0 ? -1 : this.#asked.findIndex((one) => one.number === number);
    const [question] = this.#asked.splice(0, answered + 1).slice(-1);
    if (received !== this.#sending.acknowledged || this.#user.now() < this.#againAt) {
      return false; // it has said more since then; or is asked again when it is time
    }
    const isMissing = (flags & Flag.again) !== 0 || (question !== undefined && received < question.position);
    return this.#isSure ? isMissing : question !== undefined;
  }

  #sendAgain(): void {
    const { next, acknowledged } = this.#sending;
    this.#isSure = true;
    this.#againAt = this.#user.now() + ASK_AFTER;
    this.#asked = []; // their answers would tell of the same loss
    this.#sending.goBack();
    this.#send();
    if (next > acknowledged) {
      this.#askNow(); // the answer tells whether it has arrived now
    }
  }

  #receiveEnd(): void {
    if (this.#arriving.hasEnded) {
      this.#say(0);
      this.#user.ended();
    }
  }

  #send(): void {
    if (!this.#isSure) {
      return;
    }
    const sending = this.#sending;
    while (sending.ready > 0) {
      const { next } = sending;
      const length = Math.min(sending.ready, this.#user.payloadSize);
      const chunks = sending.take(length);
      this.#pass(encodeMessage(this.#header(sending.isFull ? Flag.full : 0, next), chunks, length));
    }
    if (sending.isEndReady) {
      const { next } = sending;
      sending.takeEnd();
      this.#pass(encodeMessage(this.#header(Flag.end, next)));
    }
    this.#watch();
  }

  /**
   * Sends as much of it as may be sent, where nothing waits. The messages themselves are kept then, to be sent again: one copy
   * of the bytes is enough.
   *
   * @returns what is left
   */
  #sendAtOnce(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    const sending = this.#sending;
    const memory = new MessageMemory();
    let rest = chunks;
    let left = lengthOf(chunks);
    while (left > 0 && sending.isCurrent && !sending.isFull) {
      const { next, allowance } = sending;
      const length = Math.min(left, allowance, this.#user.payloadSize);
      const header = this.#header(length === allowance ? Flag.full : 0, next);
      const message = encodeMessage(header, rest, length, memory.take(length, Math.min(left, allowance)));
      left -= length;
      sending.write([message.subarray(HEADER_SIZE)]);
      sending.take(length);
      rest = without(rest, length);
      this.#pass(message);
    }
    return rest;
  }

  /** While something may be missing, the far end is asked now and then. */
  #watch(): void {
    const { next, acknowledged } = this.#sending;
    if (this.#isSure && this.#asked.length === 0 && next === acknowledged) {
      this.#askAt = Infinity;
      this.#askDelay = ASK_AFTER;
    } else if (this.#askAt === Infinity) {
      this.#askAt = this.#user.now() + this.#askDelay;
    }
  }

  #askAgain(): void {
    this.#askDelay = Math.min(2 * this.#askDelay, this.#part / ASKED_IN_PART);
    this.#askNow(this.#isSure ? 0 : Flag.again);
  }

  #askNow(flags = 0): void {
    this.#ping = (this.#ping + 1) % 0x1_0000_0000;
    this.#asked.push({ number: this.#ping, position: this.#sending.next });
    if (this.#asked.length > MAX_ASKED) {
      this.#asked.shift();
    }
    this.#askAt = Infinity;
    this.#watch();
    this.#say(flags | Flag.ping, this.#ping);
  }

  /** Whether both directions are over, the first time. */
  #finish(): void {
    if (this.#sending.hasArrived && !this.#hasArrived) {
      this.#hasArrived = true;
      this.#user.arrived();
    }
    if (this.#hasArrived && this.#arriving.hasEnded && !this.#isDone) {
      this.#isDone = true;
      this.#overAt = this.#user.now() + this.#part * PARTS;
      this.#say(0);
    }
  }

  #say(flags: number, number = 0): void {
    this.#pass(encodeMessage(this.#header(flags, this.#sending.next, number)));
  }

  /** That of a message which is about to be sent. */
  #header(flags: number, position: number, number = 0, kind: number = Kind.state): SessionHeader {
    const { window } = this.#user;
    const { received, taken } = this.#arriving;
    this.#arriving.tell(window);
    this.#tellAt = Infinity;
    const all = this.#isDone ? flags | Flag.done : flags;
    return { kind, flags: all, position, received, taken, window, number };
  }

  #pass(message: Uint8Array): void {
    if (!this.#isLost) {
      this.#user.send(message);
    }
  }
}

const lengthOf = (chunks: readonly Uint8Array[]): number =>
  chunks.reduce((sum, { length }) => sum + length, 0);

/** The chunks without so many bytes in front. */
function without(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  let index = 0;
  for (let first = chunks[0]; first !== undefined && first.length <= left; first = chunks[index]) {
    left -= first.length;
    index += 1;
  }
  const [first, ...others] = chunks.slice(index);
  return first === undefined ? [] : [first.subarray(left), ...others];
}
