/**
 * Where a session stands: `'connecting'` before its first connection, `'connected'`, `'lost'` while it waits for the next one,
 * `'over'` at its end, good or bad.
 */
export type SessionState = 'connecting' | 'connected' | 'lost' | 'over';
