import type { ReasonedMessage } from '../protocol/extension.js';
import { type EndMessage, type HandshakeMessage, MessageType } from '../protocol/message.js';
import type { Reason } from '../protocol/reason.js';

const NO_DATA = new Uint8Array();

/**
 * What tells the opener of a channel that it is refused.
 *
 * @param isExtended - whether the opener knows what bpmux does not
 */
export const refusalOf = (
  channel: number,
  reason: Reason,
  isExtended: boolean,
): readonly (ReasonedMessage | HandshakeMessage | EndMessage)[] =>
  isExtended
    ? [{ type: 'refuse', channel, reason }]
    : [
        { type: MessageType.handshake, channel, free: 0, data: NO_DATA },
        { type: MessageType.errorEnd, channel },
      ];
