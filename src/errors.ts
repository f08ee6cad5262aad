import { CHANNEL_ERROR } from './brands.js';
import type { Reason } from './protocol/reason.js';

/** What {@link MuxError}s can be told apart by, besides their class. */
export type MuxErrorCode =
  | 'ERR_RXMUX_PROTOCOL'
  | 'ERR_RXMUX_HEADER_TOO_BIG'
  | 'ERR_RXMUX_READ_OVERFLOW'
  | 'ERR_RXMUX_PEER'
  | 'ERR_RXMUX_CARRIER_ENDED'
  | 'ERR_RXMUX_CARRIER_FINISHED'
  | 'ERR_RXMUX_FULL'
  | 'ERR_RXMUX_CLOSED'
  | 'ERR_RXMUX_KEEP_ALIVE_TIMEOUT'
  | 'ERR_RXMUX_HANDSHAKE_SENT'
  | 'ERR_RXMUX_PARSE_HANDSHAKE'
  | 'ERR_RXMUX_NO_PING'
  | 'ERR_RXMUX_STOPPED'
  | 'ERR_RXMUX_OVERFLOW'
  | 'ERR_RXMUX_DECODE'
  | 'ERR_RXMUX_MESSAGE_TOO_BIG'
  | 'ERR_RXMUX_SESSION_LOST'
  | 'ERR_RXMUX_SESSION_REFUSED';

/** Details that a {@link MuxError} may carry. */
export interface MuxErrorOptions {
  /** The number of the channel that the error is about. */
  channelId?: number | undefined;
  /** The error behind this one. */
  cause?: unknown;
}

/** Details of an error whose words depend on who is told. */
export interface EndErrorOptions extends MuxErrorOptions {
  /** What has happened. Default: bpmux's words for what it means to a channel. */
  message?: string | undefined;
}

/** Details of an error that the peer may have given a reason for. */
export interface ReasonedErrorOptions extends MuxErrorOptions {
  /** What the peer has said. */
  reason?: Reason | undefined;
}

/**
 * Base of the errors of a mux, and of what goes on over it. Messages keep bpmux's wording where bpmux has one. Not of this
 * class are errors that an application makes ({@link ChannelError}, and what called methods fail with), those of a schema, and
 * those that say in a carrier's own way why it was closed: a WebSocket's, a WebTransport session's, a session's over NATS.
 *
 * Used as it is with some codes: `ERR_RXMUX_HANDSHAKE_SENT`, thrown where an answer to a channel is to be given or
 * delayed that has been given already; `ERR_RXMUX_PARSE_HANDSHAKE`, where the option `parseHandshake` threw
 * (its exception is the `cause`); `ERR_RXMUX_NO_PING`, where the peer knows no ping; and `ERR_RXMUX_SESSION_REFUSED`, where
 * an attempt to connect has failed since the server of `rxmux/resume` says no, or nothing.
 */
export class MuxError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'MuxError';
  }

  /** Stable identification of the kind of error. */
  readonly code: MuxErrorCode;
  /** The number of the channel that the error is about; `undefined` where it is about the mux. */
  readonly channelId: number | undefined;

  constructor(code: MuxErrorCode, message: string, { channelId, cause }: MuxErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.channelId = channelId;
  }

  /**
   * The same error as one channel hears of it: of the same class, with all that this one says, and `channelId`.
   *
   * @internal
   */
  forChannel(channelId: number): MuxError {
    if (this.channelId === channelId) {
      return this;
    }
    // Made by Error, and not by the class, whose arguments are not known here.
    const error = Reflect.construct(Error, [this.message], this.constructor) as MuxError;
    const own = Object.getOwnPropertyDescriptors(this);
    return Object.defineProperties(error, {
      ...own,
      channelId: { ...own.channelId, value: channelId },
      stack: { value: this.stack, writable: true, configurable: true }, // no own property in every engine
    });
  }
}

/** The peer has sent what the protocol does not allow, or speaks something else; the message says what. */
export class ProtocolError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'ProtocolError';
  }

  constructor(message: string, options?: MuxErrorOptions) {
    super('ERR_RXMUX_PROTOCOL', message, options);
  }
}

/**
 * The peer has sent a header frame of more than `maxHeaderSize` bytes: it is skipped. Or it has answered a channel with
 * more handshake data than there is memory for (`maxMemory`): the channel fails.
 */
export class HeaderTooBigError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'HeaderTooBigError';
  }

  constructor(options?: MuxErrorOptions) {
    super('ERR_RXMUX_HEADER_TOO_BIG', 'header too big', options);
  }
}

/** The peer has sent more on a channel than its receive window allowed. The channel fails with it. */
export class ReadOverflowError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'ReadOverflowError';
  }

  constructor(options?: MuxErrorOptions) {
    super('ERR_RXMUX_READ_OVERFLOW', 'too much data', options);
  }
}

/** The peer has ended its half of a channel with an error (ERROR_END); also what a refused channel gets. */
export class PeerError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'PeerError';
  }

  /** What the peer has said about it; `undefined` where it has said nothing, so always with bpmux. */
  readonly reason: Reason | undefined;

  constructor({ reason, ...options }: ReasonedErrorOptions = {}) {
    super('ERR_RXMUX_PEER', reason === undefined ? 'peer error' : `peer error: ${reason.code}`, options);
    this.reason = reason;
  }
}

/**
 * An error that is told to the peer: given to `destroy()`, `outbound$.error()` or `reject()` of a channel, its code and
 * message are the `reason` of the peer's {@link PeerError}. No other error's words leave this side.
 */
export class ChannelError extends Error {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'ChannelError';
  }

  /** For programs. */
  readonly code: string;

  /**
   * @param code - at most 255 bytes of it are sent
   * @param message - at most 1 024 bytes of it are sent
   * @throws TypeError where the code is no string
   */
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    if (typeof code !== 'string') {
      throw new TypeError(`the code of a ChannelError must be a string, got ${typeof code}`);
    }
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, CHANNEL_ERROR, { value: true });
  }
}

/**
 * The carrier will deliver no more, and the channel's peer had not ended its half: bytes may be missing. Where the
 * carrier failed, its error is the `cause`. `open()` throws it once the carrier has ended. A carrier over a port that is closed,
 * or whose far end has been destroyed, fails with it, too.
 */
export class CarrierEndedError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'CarrierEndedError';
  }

  /** Always `true`, as on bpmux's errors of this kind. */
  readonly carrierDone = true;

  constructor(options: EndErrorOptions = {}) {
    const { message = 'carrier stream ended before end message received' } = options;
    super('ERR_RXMUX_CARRIER_ENDED', message, options);
  }
}

/**
 * The carrier will take no more, and this side of the channel had not ended its half: the peer will not get the rest.
 * `open()` throws it once the carrier has finished.
 */
export class CarrierFinishedError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'CarrierFinishedError';
  }

  /** Always `true`, as on bpmux's errors of this kind. */
  readonly carrierDone = true;

  constructor(options: EndErrorOptions = {}) {
    const { message = 'carrier stream finished before duplex finished' } = options;
    super('ERR_RXMUX_CARRIER_FINISHED', message, options);
  }
}

/** `open()` was called while `maxOpen` channels were open. */
export class MuxFullError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'MuxFullError';
  }

  constructor(options?: MuxErrorOptions) {
    super('ERR_RXMUX_FULL', 'full', options);
  }
}

/**
 * The mux was closed or destroyed on this side. `open()` throws it, too, once the peer accepts no more channels. And it is what
 * ends a half of a channel whose user has let go of it in the middle: a `send` or a `splice` that is unsubscribed, a Duplex that
 * is destroyed with bytes unsent.
 */
export class MuxClosedError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'MuxClosedError';
  }

  constructor(options: EndErrorOptions = {}) {
    const { message = 'closed' } = options;
    super('ERR_RXMUX_CLOSED', message, options);
  }
}

/** Nothing came from the peer for `keepAliveTimeout` milliseconds. */
export class KeepAliveTimeoutError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'KeepAliveTimeoutError';
  }

  constructor(timeout: number, options?: MuxErrorOptions) {
    super('ERR_RXMUX_KEEP_ALIVE_TIMEOUT', `nothing came from the peer for ${timeout} ms`, options);
  }
}

/** `outbound$` takes no more: the peer has stopped it, or this side has ended it. */
export class StoppedError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'StoppedError';
  }

  /** Why the peer has stopped it, where it has said so. */
  readonly reason: Reason | undefined;

  constructor({ reason, ...options }: ReasonedErrorOptions = {}) {
    super(
      'ERR_RXMUX_STOPPED',
      'outbound$ takes no more: the peer has stopped it, or this side has ended it',
      options,
    );
    this.reason = reason;
  }
}

/** A source gave values faster than the channel took them, and more than `limit` bytes of them would have had to wait. */
export class OverflowError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'OverflowError';
  }

  /** Bytes that may wait. */
  readonly limit: number;

  constructor(limit: number, options?: MuxErrorOptions) {
    super(
      'ERR_RXMUX_OVERFLOW',
      `values came faster than the channel took them: more than ${limit} bytes of them wait`,
      options,
    );
    this.limit = limit;
  }
}

/**
 * What the peer has sent is no message: the codec, or the schema, does not take it (the `cause` says why), or the peer has
 * ended its half in the middle of one. The channel fails with it.
 */
export class DecodeError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'DecodeError';
  }

  constructor(message: string, options?: MuxErrorOptions) {
    super('ERR_RXMUX_DECODE', message, options);
  }
}

/**
 * A message is larger than `maxMessageSize`. With one of the peer's the channel fails, before any of it is kept; for one
 * that is to be sent it is thrown.
 */
export class MessageTooBigError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'MessageTooBigError';
  }

  /** Bytes of the message. */
  readonly size: number;
  /** Bytes that a message may have. */
  readonly limit: number;

  constructor(size: number, limit: number, options?: MuxErrorOptions) {
    super('ERR_RXMUX_MESSAGE_TOO_BIG', `a message of ${size} bytes is larger than ${limit}`, options);
    this.size = size;
    this.limit = limit;
  }
}

/**
 * A session of `rxmux/resume` cannot go on: the far end does not know it any more, or there was no connection for too long.
 * Bytes may be missing, and it is not known which have arrived.
 */
export class SessionLostError extends MuxError {
  /** @internal Minifiers change the names of classes, and not this. */
  static override get name(): string {
    return 'SessionLostError';
  }

  /** Always `true`, as on the other errors of a carrier that is gone. */
  readonly carrierDone = true;

  constructor(message: string, options?: MuxErrorOptions) {
    super('ERR_RXMUX_SESSION_LOST', `the session is lost: ${message}`, options);
  }
}
