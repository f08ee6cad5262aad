import type { BlockedBy } from '../channel/channel-stats.js';
import type { Mux } from '../mux/mux.js';
import type { MuxStats } from '../mux/mux-stats.js';

/** What is looked at of a mux. */
export type Measured = Pick<Mux<unknown>, 'stats' | 'openChannels'>;

/** What only grows. */
export interface Counts {
  bytesIn: number;
  bytesOut: number;
  framesIn: number;
  framesOut: number;
  opened: number;
  removed: number;
  refused: number;
  errors: number;
}

/** Channels that wait for the same. */
export interface Blocked {
  channels: number;
  /** ms that the longest has waited. */
  longest: number;
}

/** How muxes are at one moment, added up. */
export interface Totals extends Counts {
  open: number;
  capacity: number;
  windowGranted: number;
  windowBudget: number;
  queued: number;
  unread: number;
  /** ms that the longest have lain there. */
  unreadLongest: number;
  readonly blocked: Readonly<Record<BlockedBy, Blocked>>;
  /** ms: the longest of those that are known. */
  roundTrip: number | undefined;
}

export const noCounts = (): Counts => ({
  bytesIn: 0,
  bytesOut: 0,
  framesIn: 0,
  framesOut: 0,
  opened: 0,
  removed: 0,
  refused: 0,
  errors: 0,
});

/** What a mux has counted, of all that it tells. */
export function countsOf(stats: MuxStats): Counts {
  const { bytesIn, bytesOut, framesIn, framesOut, channels, errors } = stats;
  const { opened, removed, refused } = channels;
  return { bytesIn, bytesOut, framesIn, framesOut, opened, removed, refused, errors };
}

/** Adds `more` to `counts`; with -1 as `times`, takes it away. */
export function add(counts: Counts, more: Counts, times: 1 | -1): void {
  counts.bytesIn += times * more.bytesIn;
  counts.bytesOut += times * more.bytesOut;
  counts.framesIn += times * more.framesIn;
  counts.framesOut += times * more.framesOut;
  counts.opened += times * more.opened;
  counts.removed += times * more.removed;
  counts.refused += times * more.refused;
  counts.errors += times * more.errors;
}

/**
 * Adds up muxes.
 *
 * @param past - what muxes have counted that are not there any more
 */
export function totalsOf(muxes: Iterable<Measured>, past: Counts): Totals {
  const totals: Totals = {
    ...past,
    open: 0,
    capacity: 0,
    windowGranted: 0,
    windowBudget: 0,
    queued: 0,
    unread: 0,
    unreadLongest: 0,
    blocked: {
      handshake: { channels: 0, longest: 0 },
      credit: { channels: 0, longest: 0 },
      capacity: { channels: 0, longest: 0 },
    },
    roundTrip: undefined,
  };
  for (const mux of muxes) {
    const stats = mux.stats();
    add(totals, countsOf(stats), 1);
    const { channels, capacity, windowBytes, roundTrip } = stats;
    totals.open += channels.open;
    totals.capacity += capacity;
    totals.windowGranted += windowBytes.granted;
    totals.windowBudget += windowBytes.budget;
    totals.roundTrip =
      roundTrip === undefined ? totals.roundTrip : Math.max(totals.roundTrip ?? 0, roundTrip);
    for (const channel of mux.openChannels.values()) {
      const { queued, unread, unreadFor, blockedBy, blockedFor } = channel.stats();
      totals.queued += queued;
      totals.unread += unread;
      totals.unreadLongest = Math.max(totals.unreadLongest, unreadFor);
      if (blockedBy !== undefined) {
        const blocked = totals.blocked[blockedBy];
        blocked.channels += 1;
        blocked.longest = Math.max(blocked.longest, blockedFor);
      }
    }
  }
  return totals;
}
