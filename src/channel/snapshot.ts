import type { Answer } from './answer.js';
import type { InboundHalf } from './inbound-half.js';
import type { OutboundHalf } from './outbound-half.js';
import type { BlockedBy, ChannelStates, ChannelStats } from './channel-stats.js';

/** What a snapshot of a channel is made of. */
export interface ChannelParts {
  readonly id: number;
  readonly openedBy: 'local' | 'peer';
  readonly label: string | undefined;
  readonly priority: number;
  readonly weight: number;
  readonly inbound: InboundHalf;
  readonly outbound: OutboundHalf;
  /** This side's answer. */
  readonly reply: Answer;
  /** What is known of the peer's. */
  readonly peerHandshake: ChannelStates['peerHandshake'];
  /** What {@link blockedBy} says of these. */
  readonly blocker: BlockedBy | undefined;
}

/**
 * How a channel is.
 *
 * @param openedAt - ms since 1970, or whenever the scheduler's clock begins
 * @param now - ms since the mux began, as what the halves have noted down
 */
export function snapshot(parts: ChannelParts, openedAt: number, now: number): ChannelStats {
  const { id, openedBy, label, priority, weight, reply, inbound, outbound, peerHandshake, blocker } = parts;
  return {
    id,
    openedBy,
    label,
    openedAt,
    received: inbound.received,
    consumed: inbound.received - inbound.unread,
    unread: inbound.unread,
    unreadFor: inbound.unread > 0 ? now - inbound.unreadSince : 0,
    receiveWindow: inbound.remaining,
    sent: outbound.sent,
    acknowledged: outbound.acknowledged,
    queued: outbound.pending,
    sendWindow: outbound.window,
    priority,
    weight,
    blockedBy: blocker,
    blockedFor: blocker === undefined ? 0 : now - outbound.waitsSince,
    states: {
      inbound: inboundState(inbound),
      outbound: outbound.isEndWritten ? 'ended' : outbound.isOpen ? 'open' : 'ending',
      handshake: openedBy === 'local' ? 'answered' : reply.decision,
      peerHandshake,
    },
  };
}

/** What keeps what waits from leaving. */
export function blockedBy(
  reply: Answer,
  outbound: OutboundHalf,
  peerHandshake: ChannelStates['peerHandshake'],
): BlockedBy | undefined {
  if (!outbound.isWaiting) {
    return undefined;
  }
  if (!reply.isHandshakeSent) {
    return reply.due === 'handshake' ? 'capacity' : 'handshake';
  }
  if (outbound.pending === 0 || outbound.credit > 0) {
    return 'capacity';
  }
  return peerHandshake === 'awaited' ? 'handshake' : 'credit';
}

function inboundState(inbound: InboundHalf): ChannelStates['inbound'] {
  if (inbound.over !== undefined) {
    return 'over';
  }
  if (inbound.isCancelled) {
    return 'cancelled';
  }
  if (inbound.isEnding) {
    return 'ending';
  }
  return inbound.isObserved ? 'flowing' : 'paused';
}
