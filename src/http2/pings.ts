import { Buffer } from 'node:buffer';
import type { ClientHttp2Session, Http2Session, ServerHttp2Session } from 'node:http2';
import { asyncScheduler, Subscription } from 'rxjs';
import { backgroundTimer } from '../reactive/background-timer.js';

/** Ahead of what a PING says. All others are somebody else's, and say nothing here. */
const MARK = Buffer.from('rxm\x01');

/** PINGs that say something and are under way at a time. Node allows 10 in all unless told. */
const AT_ONCE = 8;

/** ms after which a PING is tried again that a session has not taken: nobody hears when one of somebody else's is answered. */
const AGAIN_AFTER = 25;

/** Whether it takes any. */
const isOpen = (session: Http2Session | undefined): session is Http2Session =>
  session !== undefined && !session.closed && !session.destroyed && !session.connecting;

/** The stream whose bytes are not wanted, and the session that it is on. */
type Stop = readonly [key: number, session: Http2Session | undefined];

/**
 * The PINGs of a pair of sessions. Each has 8 bytes for its sender to use, and nobody takes notice of them who does not know
 * what they say: here, that the bytes of a stream are not wanted. HTTP/2 itself can only reset a stream both ways.
 *
 * A session that has been asked to close takes none. A STOP goes over that of its stream where it can, so that it comes after
 * what the stream has sent, and else over the other one.
 */
export class Pings {
  readonly #sessions: readonly (ClientHttp2Session | ServerHttp2Session)[];
  readonly #onStop: (key: number) => void;
  /** What to say, by the keys of streams that are still there: the peer may never answer. */
  readonly #due = new Map<number, Http2Session | undefined>();
  #underWay = 0;
  #onAnswer: (() => void) | undefined;
  #isAsking = false;
  #tryingAgain = Subscription.EMPTY;

  /** @param onStop - called with the key of a stream, as its sender counts them, whose bytes are not wanted */
  constructor(sessions: readonly (ClientHttp2Session | ServerHttp2Session)[], onStop: (key: number) => void) {
    this.#sessions = sessions;
    this.#onStop = onStop;
    for (const session of sessions) {
      session.on('ping', this.#receive);
    }
  }

  /** Whether the peer is to say that it is there, and that has not been asked yet. */
  get isToAsk(): boolean {
    return this.#onAnswer !== undefined;
  }

  /**
   * Says that the bytes of a stream are not wanted.
   *
   * @param session - the stream's
   */
  stop(key: number, session?: Http2Session): void {
    this.#due.set(key, session);
    this.#say();
  }

  /** The stream is over: nothing more need be said of it. */
  forget(key: number): void {
    this.#due.delete(key);
  }

  /**
   * Has the peer say that it is there, over each session that takes PINGs: either connection may be lost without a word, and where
   * nothing is said on it, be cut by what it passes through. One question is under way at a time; of those that wait the latest counts.
   */
  ask(onAnswer: () => void): void {
    this.#onAnswer = onAnswer;
    this.#ask();
  }

  #ask(): void {
    const sessions = this.#sessions.filter(isOpen);
    const onAnswer = this.#onAnswer;
    if (sessions.length === 0 || onAnswer === undefined || this.#isAsking) {
      return;
    }
    this.#onAnswer = undefined;
    this.#isAsking = true;
    let unanswered = sessions.length;
    let isAnswered = false;
    let isRefused = false;
    for (const session of sessions) {
      session.ping((error) => {
        unanswered -= 1;
        isAnswered ||= error === null;
        isRefused ||= error !== null && isOpen(session); // one that has gone meanwhile need not answer
        if (unanswered > 0) {
          return;
        }
        this.#isAsking = false;
        if (isAnswered && !isRefused) {
          onAnswer();
          this.#ask();
        } else {
          this.#onAnswer ??= onAnswer;
          this.#tryAgain();
        }
      });
    }
  }

  #say(): void {
    for (const stop of this.#due) {
      const session = this.#underWay < AT_ONCE ? [stop[1], ...this.#sessions].find(isOpen) : undefined;
      if (session === undefined || !this.#ping(session, stop)) {
        break;
      }
      this.#due.delete(stop[0]);
    }
  }

  /** Returns whether the session takes it: there is a limit to those under way. */
  #ping(session: Http2Session, stop: Stop): boolean {
    let isTaken = false;
    isTaken = session.ping(payloadOf(stop), (error) => {
      if (isTaken) {
        this.#underWay -= 1;
        if (error !== null) {
          this.#due.set(...stop); // the session has gone, perhaps with it
        }
        this.#say();
      }
    });
    if (isTaken) {
      this.#underWay += 1;
    } else {
      this.#tryAgain();
    }
    return isTaken;
  }

  /** What a session has not taken is tried again, in a while. */
  #tryAgain(): void {
    if (this.#tryingAgain.closed) {
      this.#tryingAgain = backgroundTimer(AGAIN_AFTER, asyncScheduler).subscribe(() => {
        this.#tryingAgain = Subscription.EMPTY;
        this.#say();
        this.#ask();
      });
    }
  }

  readonly #receive = (payload: Buffer): void => {
    if (payload.subarray(0, MARK.length).equals(MARK)) {
      this.#onStop(payload.readInt32BE(MARK.length));
    }
  };
}

function payloadOf([key]: Stop): Buffer {
  const payload = Buffer.alloc(8);
  MARK.copy(payload);
  payload.writeInt32BE(key, MARK.length);
  return payload;
}
