import type { ChannelStates, ChannelStats } from '../channel/channel-stats.js';
import { isStuck, type Wait } from './wait.js';

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes with three digits: `'640 B'`, `'1.25 MiB'`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let size = 0;
  while (value >= 999.5 && size < SIZES.length - 1) {
    value /= 1024;
    size += 1;
  }
  const digits = size === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${SIZES[size]}`;
}

/** Bytes a second; `''` where nothing moves, so that what moves is seen. */
export function rateText(rate: number): string {
  return rate === 0 ? '' : `${bytesText(rate)}/s`;
}

/** How long: `'0.4 s'`, `'12 s'`, `'3 min 5 s'`, `'2 h 10 min'`. */
export function timeText(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** What a channel waits for, in a few words. */
export function waitWords(wait: Wait, { peerHandshake }: ChannelStates): string {
  switch (wait.for) {
    case 'reader':
      return 'not read here';
    case 'capacity':
      return 'connection is full';
    case 'handshake':
      return 'no answer yet';
    case 'credit':
      return peerHandshake === 'come' ? 'peer does not read' : 'no answer yet';
  }
}

/** The same as sentences: who waits for whom, since when, and how much lies where. */
export function explanation(stats: ChannelStats, wait: Wait | undefined): string {
  const { unread, queued, sent, acknowledged, states } = stats;
  if (wait === undefined) {
    return 'Nothing waits.';
  }
  const since = isStuck(wait) ? `For ${timeText(wait.ms)}` : 'At the moment';
  const queue =
    queued === 0 ? 'The end of this side’s half waits here.' : `${bytesText(queued)} are queued here.`;
  const far = `${bytesText(sent - acknowledged)} are there, or on the way`;
  switch (wait.for) {
    case 'reader':
      return `${since} nobody here takes what the peer has sent. ${bytesText(unread)} lie here.`;
    case 'capacity':
      return `${since} the connection takes nothing of it: it is full, or other channels come first. ${queue}`;
    case 'handshake':
      return states.handshake === 'answered'
        ? `${since} the peer has not answered. ${queue}`
        : `${since} this side has not answered the peer. ${queue}`;
    case 'credit':
      return states.peerHandshake === 'come'
        ? `${since} the application of the peer does not read. ${far}. ${queue}`
        : `${since} the peer has not answered, and takes no more before it does. ${far}. ${queue}`;
  }
}
