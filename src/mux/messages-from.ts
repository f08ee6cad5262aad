import type { Observable, SchedulerLike } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import { decodeMessages } from '../framing/decode-messages.js';
import type { ReceivedMessage } from '../framing/message-reader.js';
import type { Traffic } from '../framing/traffic.js';
import type { MuxSettings } from '../options.js';
import type { Sender } from '../sender/sender.js';
import { failOnSilence } from './fail-on-silence.js';
import { moves } from './moves.js';
import { onSilence } from './on-silence.js';
import type { Peer } from './peer.js';

/** Parts of `keepAliveTimeout` after which a peer that is silent is asked whether it is there. Its answer has half of it, at least. */
const PROBES_PER_TIMEOUT = 4;

/**
 * What the peer says: the carrier's chunks, each a turn of the sender's, decoded, and counted in `received`. Errors with what
 * breaks the carrier, with `ProtocolError` where the bytes make no sense, and with `KeepAliveTimeoutError` where the peer is
 * silent, asked or not, the line does not move, and the carrier has a connection.
 */
export function messagesFrom(
  carrier: Carrier,
  sender: Sender,
  peer: Pick<Peer, 'probe'>,
  received: Traffic,
  { framing, maxHeaderSize, keepAliveTimeout, extensions, scheduler }: MuxSettings<unknown>,
): Observable<ReceivedMessage> {
  const chunks$ =
    keepAliveTimeout === false
      ? carrier.inbound$
      : failingOnSilence(carrier, sender, peer, keepAliveTimeout, scheduler);
  return chunks$.pipe(sender.turnPerChunk(), decodeMessages(framing, maxHeaderSize, extensions, received));
}

function failingOnSilence(
  { inbound$, capacity$, connected$ }: Carrier,
  sender: Sender,
  peer: Pick<Peer, 'probe'>,
  keepAliveTimeout: number,
  scheduler: SchedulerLike,
): Observable<Uint8Array> {
  const period = Math.ceil(keepAliveTimeout / PROBES_PER_TIMEOUT);
  const moves$ = moves(capacity$, () => sender.sent.bytes, period, scheduler);
  return inbound$.pipe(
    onSilence(period, scheduler, () => {
      peer.probe();
    }),
    failOnSilence(keepAliveTimeout, scheduler, moves$, connected$),
  );
}
