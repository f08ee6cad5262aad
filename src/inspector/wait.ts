import type { ChannelStats } from '../channel/channel-stats.js';

/** What keeps a channel from going on, and for how long. */
export interface Wait {
  /** `'reader'`: bytes of the peer's lie here, and nobody takes them. The others keep this side's bytes from leaving. */
  readonly for: 'handshake' | 'credit' | 'capacity' | 'reader';
  readonly ms: number;
}

/** ms of waiting from which on a channel is stuck. Less than that is life. */
export const STUCK_AFTER = 1000;

/** What the channel waits for; of two things what it has waited for longer. */
export function waitOf({ blockedBy, blockedFor, unread, unreadFor }: ChannelStats): Wait | undefined {
  const reader: Wait | undefined = unread > 0 ? { for: 'reader', ms: unreadFor } : undefined;
  const blocked: Wait | undefined = blockedBy === undefined ? undefined : { for: blockedBy, ms: blockedFor };
  if (reader === undefined || blocked === undefined) {
    return reader ?? blocked;
  }
  return reader.ms > blocked.ms ? reader : blocked;
}

/** Whether it is more than a moment. */
export function isStuck(wait: Wait | undefined): boolean {
  return wait !== undefined && wait.ms >= STUCK_AFTER;
}
