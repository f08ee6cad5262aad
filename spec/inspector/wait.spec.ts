import { isStuck, STUCK_AFTER, waitOf } from '../../src/inspector/wait.js';
import { channelStats } from './stats.js';

describe('what a channel waits for', () => {
  it('is nothing where nothing is blocked and nothing unread', () => {
    expect(waitOf(channelStats())).toBeUndefined();
  });

  it.each(['handshake', 'credit', 'capacity'] as const)('is what blocks it: %s', (blockedBy) => {
    expect(waitOf(channelStats({ blockedBy, blockedFor: 30 }))).toEqual({ for: blockedBy, ms: 30 });
  });

  it('is a reader, where bytes lie here', () => {
    expect(waitOf(channelStats({ unread: 5, unreadFor: 40 }))).toEqual({ for: 'reader', ms: 40 });
  });

  it('is of two things the one that it has waited for longer', () => {
    const both = { unread: 5, unreadFor: 40, blockedBy: 'credit' } as const;
    expect(waitOf(channelStats({ ...both, blockedFor: 39 }))?.for).toBe('reader');
    expect(waitOf(channelStats({ ...both, blockedFor: 41 }))?.for).toBe('credit');
  });

  it('makes the channel a stuck one when it lasts', () => {
    expect(isStuck(undefined)).toBe(false);
    expect(isStuck({ for: 'credit', ms: STUCK_AFTER - 1 })).toBe(false);
    expect(isStuck({ for: 'credit', ms: STUCK_AFTER })).toBe(true);
  });
});
