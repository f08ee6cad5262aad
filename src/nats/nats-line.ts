import { defer, from, type Observable, Subject } from 'rxjs';
import { State } from '../reactive/state.js';
import type { NatsConnectionLike } from './nats-connection-like.js';
import { NatsSessionError, type NatsSessionErrorCode } from './nats-session-error.js';
import { HEADER_SIZE } from './session-message.js';

/**
 * Bytes that all sessions of a connection together may have waiting in the server: a quarter of what it keeps for a slow
 * consumer, by default, before it cuts it off (`max_pending`, 64 MiB).
 */
const MAX_PENDING = 16_777_216;

/**
 * Bytes of a message at most. Sockets are read 64 KiB at a time: the client copies each message that is cut in two there, the
 * more bytes the larger messages are. Much smaller ones cost more themselves, and `ReplayBuffer` would copy them.
 */
const MESSAGE_SIZE = 20_480;

const lines = new WeakMap<NatsConnectionLike, NatsLine>();

/** What all sessions of a connection of NATS share: whether it is there, and what may wait for it. */
export class NatsLine {
  /** Whether there is a server now. */
  readonly isUp$: State<boolean>;
  readonly #nats: NatsConnectionLike;
  readonly #closed$ = new Subject<unknown>();
  readonly #errors$ = new Subject<unknown>();
  #sessions = 0;
  #messageSize = MESSAGE_SIZE;
  #lastError: unknown;
  #closedError: NatsSessionError | undefined;

  /** That of the connection. */
  static of(nats: NatsConnectionLike): NatsLine {
    const line = lines.get(nats) ?? new NatsLine(nats);
    lines.set(nats, line);
    return line;
  }

  private constructor(nats: NatsConnectionLike) {
    this.#nats = nats;
    this.isUp$ = new State(nats.info !== undefined);
    from(nats.status()).subscribe({
      next: ({ type, error }) => {
        this.#told(type, error);
      },
      error: ignore, // whatever it was: the connection itself says when it is closed
    });
    defer(() => nats.closed()).subscribe((error) => {
      this.#lastError = error ?? this.#lastError;
      this.isUp$.change(false);
      this.#closed$.next(error);
    });
  }

  /** Emits when the connection is closed for good: the reason, or `undefined` where it was asked for. */
  get closed$(): Observable<unknown> {
    return this.#closed$;
  }

  /** Emits what the client tells of, of whatever subject. */
  get errors$(): Observable<unknown> {
    return this.#errors$;
  }

  /** Bytes of a message's payload at most. */
  get payloadSize(): number {
    const size = Math.min(MESSAGE_SIZE, this.#nats.info?.max_payload ?? this.#messageSize);
    this.#messageSize = size;
    return Math.max(1, size - HEADER_SIZE);
  }

  /** Bytes that each session may have waiting. */
  get share(): number {
    return Math.max(1, Math.floor(MAX_PENDING / this.#sessions));
  }

  /** A session begins. */
  join(): void {
    this.#sessions += 1;
  }

  /** One is over. */
  leave(): void {
    this.#sessions -= 1;
  }

  publish(subject: string, message: Uint8Array, reply?: string): void {
    try {
      this.#nats.publish(subject, message, reply === undefined ? {} : { reply });
    } catch (error) {
      this.#lastError = error; // as if it had been lost on the way
    }
  }

  /** The error, with what the client of NATS has told of last as its cause. */
  error(code: NatsSessionErrorCode, message: string): NatsSessionError {
    return new NatsSessionError(code, message, { cause: this.#lastError });
  }

  /**
   * What sessions fail with when the connection is closed. It is made once: its cause is why that was, not what the client says
   * to those who would still publish.
   */
  get closedError(): NatsSessionError {
    this.#closedError ??= this.error('ERR_RXMUX_NATS_CLOSED', 'the connection of NATS is closed');
    return this.#closedError;
  }

  #told(type: string, error: Error | undefined): void {
    // `info` is still there when the connection has just broken: until the client dials again.
    if (type === 'disconnect' || type === 'reconnecting') {
      this.isUp$.change(false);
    } else if (type === 'reconnect') {
      this.isUp$.change(true);
    } else if (type === 'error') {
      this.#lastError = error;
      this.#errors$.next(error);
    }
  }
}

const ignore = (): void => undefined;
