import type { ReasonedMessage } from './extension.js';
import {
  type EndMessage,
  endMessage,
  type HandshakeMessage,
  handshakeMessage,
  MessageType,
} from './message.js';
import type { Reason } from './reason.js';

const NO_DATA = new Uint8Array();

/**
 * What tells the opener of a channel that it is refused.
 *
 * @param isExtended - whether the opener knows what bpmux does not
 */
export const refusalOf = (
  channel: number,
  reason: Reason | undefined,
  isExtended: boolean,
): readonly (ReasonedMessage | HandshakeMessage | EndMessage)[] =>
  isExtended
    ? [{ type: 'refuse', channel, reason }]
    : [handshakeMessage(channel, 0, NO_DATA), endMessage(MessageType.errorEnd, channel)];
