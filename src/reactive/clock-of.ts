import { asyncScheduler, type SchedulerLike, type TimestampProvider } from 'rxjs';

/**
 * The clock by which time is measured that `scheduler` lets pass. That of `asyncScheduler` counts whole ms, which is too coarse for
 * short ways, and may be put back.
 */
export const clockOf = (scheduler: SchedulerLike): TimestampProvider =>
  scheduler === asyncScheduler ? performance : scheduler;
