import type { PeerError } from '../errors.js';
import type { EndType } from '../protocol/message.js';
import type { Reason } from '../protocol/reason.js';
import type { HalfEnd } from './half-end.js';

/** What happens to few channels. All others share one empty object. */
export interface Trouble {
  /** What broke the channel first. */
  readonly broken?: HalfEnd;
  /** What ended the channel, where it is gone without both sides having come to their end. */
  readonly cut?: { readonly error: unknown };
  /** What the peer may know of why this side takes or sends no more: the first that the application has given. */
  readonly reason?: Reason | undefined;
  /** Whether the peer has refused the channel in so many words. */
  readonly isRefused?: boolean;
  /** Whether the channel was destroyed, or refused by an adapter, before its user had answered it. */
  readonly isUnanswered?: boolean;
  readonly hasPreHandshakeCome?: boolean;
  /** The peer's end that came before its HANDSHAKE. */
  readonly earlyEnd?: EndType;
  /** The peer's ERROR_END has come. */
  readonly peerError?: PeerError;
  /** What the peer has said about the ERROR_END that follows. */
  readonly peerReason?: Reason | undefined;
}

export const NO_TROUBLE: Trouble = {};
