import type { ChannelStats } from '../../src/channel/channel-stats.js';
import type { MuxStats } from '../../src/mux/mux-stats.js';

/** The figures of a channel on which nothing has happened, but for what is given. */
export const channelStats = ({ states, ...given }: Partial<ChannelStats> = {}): ChannelStats => ({
  id: 1,
  openedBy: 'local',
  label: undefined,
  openedAt: 0,
  received: 0,
  consumed: 0,
  unread: 0,
  unreadFor: 0,
  receiveWindow: 65_536,
  sent: 0,
  acknowledged: 0,
  queued: 0,
  sendWindow: 65_536,
  priority: 3,
  weight: 16,
  blockedBy: undefined,
  blockedFor: 0,
  states: { inbound: 'flowing', outbound: 'open', handshake: 'answered', peerHandshake: 'come', ...states },
  ...given,
});

/** The figures of a mux on which nothing has happened, but for what is given. */
export const muxStats = (given: Partial<MuxStats> = {}): MuxStats => ({
  bytesIn: 0,
  bytesOut: 0,
  framesIn: 0,
  framesOut: 0,
  channels: { open: 0, opened: 0, removed: 0, refused: 0 },
  capacity: 65_536,
  windowBytes: { granted: 0, budget: 33_554_432 },
  roundTrip: undefined,
  errors: 0,
  ...given,
});
