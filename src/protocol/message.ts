import type { Extension } from './extension.js';

/** The first byte of a header frame. */
export const MessageType = {
  end: 0,
  handshake: 1,
  status: 2,
  finishedStatus: 3,
  data: 4,
  preHandshake: 5,
  errorEnd: 6,
  keepAlive: 7,
} as const;

/** How a side ends its half. */
export type EndType = typeof MessageType.end | typeof MessageType.errorEnd;

/** This side sends no more on the channel; with `errorEnd`, because of an error. */
export interface EndMessage {
  readonly type: EndType;
  readonly channel: number;
}

/** Opens a channel, or answers. `free` is the sender's receive window in bytes. */
export interface HandshakeMessage {
  readonly type: typeof MessageType.handshake;
  readonly channel: number;
  readonly free: number;
  readonly data: Uint8Array;
}

/**
 * "I have seen your bytes up to `seq`, and there is room for `free` more." FINISHED_STATUS is sent by a side that has
 * ended its half, PRE_HANDSHAKE by one that has not yet sent its HANDSHAKE (without `seq` before any bytes came).
 */
export interface CreditMessage {
  readonly type:
    typeof MessageType.status | typeof MessageType.finishedStatus | typeof MessageType.preHandshake;
  readonly channel: number;
  readonly free: number;
  readonly seq: number;
}

/** The next frame is a payload; `seq` counts all bytes sent on the channel, that payload included, modulo 2^32. */
export interface DataMessage {
  readonly type: typeof MessageType.data;
  readonly channel: number;
  readonly seq: number;
}

/** Says that this side is there. */
export interface KeepAliveMessage {
  readonly type: typeof MessageType.keepAlive;
}

/** What concerns a channel, and is no extension. */
export type HeaderMessage = EndMessage | HandshakeMessage | CreditMessage | DataMessage;

/*
 * All of these are made here, in one shape, with `undefined` where a message has no such member: each of them passes a dozen
 * places that ask for its type, and V8 takes four times as long there when it has seen more than four shapes.
 */

/** Makes an {@link EndMessage}. */
export const endMessage = (type: EndType, channel: number): EndMessage =>
  header(type, channel, undefined, undefined, undefined) as EndMessage;

/** Makes a {@link HandshakeMessage}. */
export const handshakeMessage = (channel: number, free: number, data: Uint8Array): HandshakeMessage =>
  header(MessageType.handshake, channel, free, undefined, data) as HandshakeMessage;

/** Makes a {@link CreditMessage}. */
export const creditMessage = (
  type: CreditMessage['type'],
  channel: number,
  free: number,
  seq: number,
): CreditMessage => header(type, channel, free, seq, undefined) as CreditMessage;

/** Makes a {@link DataMessage}. */
export const dataMessage = (channel: number, seq: number): DataMessage =>
  header(MessageType.data, channel, undefined, seq, undefined) as DataMessage;

const header = (
  type: HeaderMessage['type'],
  channel: number,
  free: number | undefined,
  seq: number | undefined,
  data: Uint8Array | undefined,
) => ({ type, channel, free, seq, data });

/** What a header frame says, as far as it can be written. */
export type Message = HeaderMessage | KeepAliveMessage | Extension;
