/** Values of `stopsAfter`: it is not known whether the peer waits for grants before its credit is used up; it does not. */
export const UNKNOWN = 0;
export const NEVER_STOPS = -1;

/** What has been seen of how the peer uses a receive window. Kept apart, since on many channels there is nothing to see. */
export class WindowUse {
  /** `remaining` right after the last grant. */
  granted: number;
  /**
   * `remaining` without the grants from `watchedAt` on. When it reaches 0, a peer that had not got these grants yet had to
   * stop there. The next one watched is the grant after that.
   */
  remainingBefore = 0;
  watchedAt = 0;
  /** Bytes that have been consumed. */
  consumed = 0;
  /** Since when bytes wait of which the consumer takes none. */
  unreadSince = 0;
  /** Whether the consumer kept up when the peer's credit was used up. */
  consumerKeepsUp = false;
  /** Whether the peer has used up its credit since the window grew, so that it may grow to its `highWaterMark`. */
  isUsedUp = false;
  /** Whether the peer waited for credit while the consumer kept up, so that the window may grow beyond that. */
  isTooSmall = false;
  /** Bytes after a grant after which the peer has stopped to wait for the next one, or what else is known. */
  stopsAfter = UNKNOWN;
  /** Whether the peer may be waiting for what is due, however little it is. */
  isOverdue = false;

  /** @param granted - bytes that the peer may send, of which none has come */
  constructor(granted: number) {
    this.granted = granted;
  }
}
