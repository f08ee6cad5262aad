import type { Buffer } from 'node:buffer';
import { type InvalidHeader, invalidHeader } from './invalid-header.js';
import { decodeReason, encodeReason, type Reason, reasonSize } from './reason.js';

/**
 * What bpmux has no word for. It travels in keep-alives that are longer than their one byte, which bpmux takes for
 * keep-alives: after the type comes the kind, then the body.
 */
export const ExtensionKind = {
  hello: 0,
  stop: 1,
  refuse: 2,
  reason: 3,
  ping: 4,
  pong: 5,
  goAway: 6,
} as const;

/** "I know these messages. Each channel that you open begins here with a window of `window` bytes." Ahead of everything. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly version: number;
  readonly window: number;
}

/**
 * About a channel, with a reason. `stop`: "I take no more bytes on it." `refuse`: instead of HANDSHAKE, "I do not take
 * it." `reason`: "The ERROR_END that follows is for this."
 */
export interface ReasonedMessage {
  readonly type: 'stop' | 'refuse' | 'reason';
  readonly channel: number;
  readonly reason: Reason | undefined;
}

/** It is answered at once with a `pong` of the same number. */
export interface PingMessage {
  readonly type: 'ping';
  readonly id: number;
  /** Set where the answer is to say when the question came. */
  readonly isTimed?: true;
}

/** "I have got your `ping` of this number, and all before it." */
export interface PongMessage {
  readonly type: 'pong';
  readonly id: number;
  /** When that came, by the clock of the one who answers: sixteenths of a ms, modulo 2^32. Default: it does not say. */
  readonly at?: number | undefined;
}

/** "I accept no more channels." */
export interface GoAwayMessage {
  readonly type: 'goAway';
  readonly reason: Reason | undefined;
}

/** One of a kind that is not known here: nothing but a sign of life. */
export interface UnknownExtension {
  readonly type: 'unknownExtension';
}

/** What an extended keep-alive says. */
export type Extension = HelloMessage | ReasonedMessage | PingMessage | PongMessage | GoAwayMessage;

/** Type and kind. */
const HEAD = 2;

/** Bytes of the body before a reason, or of the whole body. */
const BODY: Readonly<Record<Extension['type'], number>> = {
  hello: 5,
  stop: 4,
  refuse: 4,
  reason: 4,
  ping: 4,
  pong: 4,
  goAway: 0,
};

/** Where the reason of a channel begins in its message. */
export const REASON_AT = HEAD + BODY.reason;

/** What is behind the body of a `ping` that asks for the time: "t". Who does not know that answers without. */
const ASKS_FOR_TIME = 0x74;

/** Bytes that a `ping` or a `pong` has behind its body where it is about the time. */
const TIMED_PING = 1;
const TIMED_PONG = 4;

const TYPES = Object.keys(ExtensionKind) as readonly Extension['type'][];

/** How many bytes {@link encodeExtension} writes. */
export function extensionSize(message: Extension): number {
  const fixed = HEAD + BODY[message.type];
  switch (message.type) {
    case 'hello':
      return fixed;
    case 'ping':
      return message.isTimed === true ? fixed + TIMED_PING : fixed;
    case 'pong':
      return message.at === undefined ? fixed : fixed + TIMED_PONG;
    default:
      return fixed + reasonSize(message.reason);
  }
}

/** Writes the message, whose first byte is the type of a keep-alive, at `at`. */
export function encodeExtension(message: Extension, bytes: Buffer, at: number): void {
  bytes[at + 1] = ExtensionKind[message.type];
  const body = at + HEAD;
  switch (message.type) {
    case 'hello':
      bytes.writeUInt8(message.version, body);
      bytes.writeUInt32BE(message.window, body + 1);
      break;
    case 'ping':
      bytes.writeUInt32BE(message.id, body);
      if (message.isTimed === true) {
        bytes.writeUInt8(ASKS_FOR_TIME, body + BODY.ping);
      }
      break;
    case 'pong':
      bytes.writeUInt32BE(message.id, body);
      if (message.at !== undefined) {
        bytes.writeUInt32BE(message.at, body + BODY.pong);
      }
      break;
    default:
      if ('channel' in message) {
        bytes.writeUInt32BE(message.channel, body);
      }
      encodeReason(message.reason, bytes, body + BODY[message.type]);
  }
}

/**
 * What the extended keep-alive in `bytes` says. Other bytes beyond a known body are ignored, and so are kinds that are not
 * known.
 */
export function decodeExtension(
  bytes: Buffer,
  start: number,
  end: number,
): Extension | UnknownExtension | InvalidHeader {
  const type = TYPES[bytes.readUInt8(start + 1)];
  if (type === undefined) {
    return { type: 'unknownExtension' };
  }
  const body = start + HEAD;
  if (body + BODY[type] > end) {
    return invalidHeader(`short ${type}: ${end - body} < ${BODY[type]}`);
  }
  switch (type) {
    case 'hello':
      return { type, version: bytes.readUInt8(body), window: bytes.readUInt32BE(body + 1) };
    case 'ping': {
      const id = bytes.readUInt32BE(body);
      const mark = body + BODY.ping;
      return mark < end && bytes[mark] === ASKS_FOR_TIME ? { type, id, isTimed: true } : { type, id };
    }
    case 'pong': {
      const id = bytes.readUInt32BE(body);
      const time = body + BODY.pong;
      return time + TIMED_PONG > end ? { type, id } : { type, id, at: bytes.readUInt32BE(time) };
    }
    case 'goAway':
      return { type, reason: decodeReason(bytes, body, end) };
    default: {
      const channel = bytes.readUInt32BE(body);
      return { type, channel, reason: decodeReason(bytes, body + BODY[type], end) };
    }
  }
}
