import type { ChannelStats } from '../channel/channel-stats.js';
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
export const WAIT_WORDS: Readonly<Record<Wait['for'], string>> = {
  handshake: 'no answer yet',
  credit: 'peer does not read',
  capacity: 'connection is full',
  reader: 'not read here',
};

/** The same as a sentence: who waits for whom, since when, and how much lies where. */
export function explanation(stats: ChannelStats, wait: Wait | undefined): string {
  const { unread, queued, sent, acknowledged } = stats;
  if (wait === undefined) {
    return 'Nothing waits.';
  }
  const since = isStuck(wait) ? `For ${timeText(wait.ms)}` : 'At the moment';
  const queue = queued === 0 ? 'The end is' : `${bytesText(queued)} are`;
  switch (wait.for) {
    case 'reader':
      return `${since} nobody here has taken what the peer has sent. ${bytesText(unread)} lie here, and the peer waits once the window is full.`;
    case 'credit':
      return `${since} the peer’s application has not read. ${bytesText(sent - acknowledged)} lie there or are under way, ${bytesText(queued)} are queued here.`;
    case 'handshake':
      return stats.states.handshake === 'answered'
        ? `${since} the peer has not answered the channel. ${queue} queued here.`
        : `${since} this side has not answered the channel. ${queue} queued here.`;
    case 'capacity':
      return `${since} the connection has taken nothing of it: it is full, or others come first. ${queue} queued here.`;
  }
}
