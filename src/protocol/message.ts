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

/** This side sends no more on the channel; with `errorEnd`, because of an error. */
export interface EndMessage {
  readonly type: typeof MessageType.end | typeof MessageType.errorEnd;
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

/** What a header frame says, as far as it can be written. */
export type Message =
  EndMessage | HandshakeMessage | CreditMessage | DataMessage | KeepAliveMessage | Extension;
