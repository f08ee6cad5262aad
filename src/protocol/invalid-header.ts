import { type MuxError, ProtocolError } from '../errors.js';

/** A header frame that says nothing: too big, too short, or of no known type. */
export interface InvalidHeader {
  readonly type: 'invalid';
  /** Made where it is asked for: it is costly, and a peer may send many. */
  readonly error: MuxError;
}

/**
 * @param message - what is wrong with it
 * @param channelId - which channel it is about, where that is known
 */
export function invalidHeader(message: string, channelId?: number): InvalidHeader {
  return {
    type: 'invalid',
    get error() {
      return new ProtocolError(message, { channelId });
    },
  };
}
