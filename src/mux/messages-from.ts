import type { Observable } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { decodeMessages } from '../framing/decode-messages.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import type { MuxSettings } from '../options.js';
import type { Sender } from '../sender/sender.js';
import { failOnSilence } from './fail-on-silence.js';
import { onSilence } from './on-silence.js';
import type { Peer } from './peer.js';

/** Parts of `keepAliveTimeout` after which a peer that is silent is asked whether it is there. Its answer has half of it, at least. */
const PROBES_PER_TIMEOUT = 4;

/**
 * What the peer says: the carrier's chunks, each a turn of the sender's, decoded. Errors with what breaks the carrier, with
 * `ProtocolError` where the bytes make no sense, and with `KeepAliveTimeoutError` where the peer is silent, asked or not, while
 * the carrier has a connection.
 */
export function messagesFrom(
  carrier: Carrier,
  sender: Sender,
  peer: Pick<Peer, 'probe'>,
  { framing, maxHeaderSize, keepAliveTimeout, extensions, scheduler }: MuxSettings<unknown>,
): Observable<ReceivedMessage> {
  const chunks$ =
    keepAliveTimeout === false
      ? carrier.inbound$
      : carrier.inbound$.pipe(
          onSilence(Math.ceil(keepAliveTimeout / PROBES_PER_TIMEOUT), scheduler, () => {
            peer.probe();
          }),
          failOnSilence(keepAliveTimeout, scheduler, carrier.connected$),
        );
  return chunks$.pipe(sender.turnPerChunk(), decodeMessages(framing, maxHeaderSize, extensions));
}
