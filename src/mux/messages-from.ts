import type { Observable } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { decodeMessages } from '../framing/decode-messages.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import type { MuxSettings } from '../options.js';
import type { Sender } from '../sender/sender.js';
import { failOnSilence } from './fail-on-silence.js';

/**
 * What the peer says: the carrier's chunks, each a turn of the sender's, decoded. Errors with what breaks the carrier, with
 * `ProtocolError` where the bytes make no sense, and with `KeepAliveTimeoutError` where the peer is silent.
 */
export function messagesFrom(
  carrier: Carrier,
  sender: Sender,
  { framing, maxHeaderSize, keepAliveTimeout, extensions, scheduler }: MuxSettings<unknown>,
): Observable<ReceivedMessage> {
  const chunks$ =
    keepAliveTimeout === false
      ? carrier.inbound$
      : carrier.inbound$.pipe(failOnSilence(keepAliveTimeout, scheduler));
  return chunks$.pipe(sender.turnPerChunk(), decodeMessages(framing, maxHeaderSize, extensions));
}
