import type { ChannelStates, ChannelStats } from '../channel/channel-stats.js';
import type { MuxStats } from '../mux/mux-stats.js';
import type { ErrorEntry } from './error-log.js';
import type { Sample } from './history.js';
import type { Wait } from './wait.js';

/** All that is shown at one moment: figures, names and states. Nothing of what channels carry. */
export interface Picture {
  /** ms since 1970. */
  readonly at: number;
  /** The muxes, in the order in which they were added; no more than {@link MAX_MUXES}. */
  readonly muxes: readonly MuxFigures[];
  /** How many there are. */
  readonly muxCount: number;
  /** Channels that are open, of all muxes. */
  readonly channels: number;
  /** Those of them that are stuck. */
  readonly stuck: number;
  /** Those that the filter lets through. */
  readonly matching: number;
  /** The place of the first of `rows` among those. */
  readonly from: number;
  readonly rows: readonly Row[];
  /** The place of the channel in detail among those that the filter lets through; -1 where it is not there. */
  readonly detailAt: number;
  readonly detail?: Detail | undefined;
  /** The newest errors, newest first; `undefined` where they are those of the picture before. */
  readonly errors?: readonly ErrorEntry[] | undefined;
}

/** How many muxes a picture has at most. */
export const MAX_MUXES = 24;

/** What is shown of a mux. */
export interface MuxFigures {
  readonly key: number;
  readonly name: string;
  /** Whether it has ended. */
  readonly isOver: boolean;
  /** Bytes a second that the carrier delivers, and takes. */
  readonly rateIn: number;
  readonly rateOut: number;
  /** How many of its channels are stuck. */
  readonly stuck: number;
  readonly stats: MuxStats;
}

/** What a row shows of a channel. */
export interface Row {
  /** Stands for the channel as long as somebody looks: numbers are used again. */
  readonly key: number;
  readonly mux: number;
  readonly muxName: string;
  readonly id: number;
  readonly openedBy: 'local' | 'peer';
  /** `''` where it has none. */
  readonly label: string;
  readonly states: ChannelStates;
  /** Bytes a second. */
  readonly rateIn: number;
  readonly rateOut: number;
  /** The last of these rates, oldest first. */
  readonly ratesIn: readonly number[];
  readonly ratesOut: readonly number[];
  /** How much of the peer's window is used up: 1 is "no credit left". */
  readonly window: number;
  /** How long the queue is beside the window: 0.5 is "as much again as the window takes", 1 is never reached. */
  readonly queue: number;
  /** How much of the window of this side is taken up by bytes that nobody has consumed: 1 is "the peer may send no more". */
  readonly unread: number;
  readonly queued: number;
  readonly unreadBytes: number;
  /** What it waits for. */
  readonly wait: Wait | undefined;
}

/** What is shown of the one channel that is wanted in detail. */
export interface Detail extends Row {
  readonly stats: ChannelStats;
  /** Whether the channel is gone: the figures are the last there were. */
  readonly isGone: boolean;
  /** What has been seen of it since the picture before; where that was of another channel: all that is kept. */
  readonly samples: readonly Sample[];
}
