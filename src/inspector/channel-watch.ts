import type { ChannelStats } from '../channel/channel-stats.js';
import { History, type Sample } from './history.js';
import type { Row } from './picture.js';
import { Rate } from './rate.js';
import { type Wait, waitOf } from './wait.js';

/** Rates that a row shows. */
const SHOWN_RATES = 32;

/** Letters of a label that are shown. */
const MAX_LABEL = 120;

/** What somebody has seen of a channel: what the next snapshot is compared with. */
export class ChannelWatch {
  readonly key: number;
  readonly mux: { readonly key: number; readonly name: string };
  readonly #history = new History();
  readonly #in: Rate;
  readonly #out: Rate;
  #stats: ChannelStats;
  #wait: Wait | undefined;
  /** The largest window of the peer's that has been seen. */
  #window = 0;
  #sampledAt = -Infinity;

  /**
   * @param key - stands for the channel
   * @param mux - whose it is
   * @param stats - how it is now
   * @param at - ms since 1970
   */
  constructor(key: number, mux: ChannelWatch['mux'], stats: ChannelStats, at: number) {
    this.key = key;
    this.mux = mux;
    this.#in = new Rate(stats.received, at);
    this.#out = new Rate(stats.sent, at);
    this.#stats = stats;
  }

  get stats(): ChannelStats {
    return this.#stats;
  }

  get wait(): Wait | undefined {
    return this.#wait;
  }

  get label(): string {
    return (this.#stats.label ?? '').slice(0, MAX_LABEL);
  }

  get rateIn(): number {
    return this.#in.value;
  }

  get rateOut(): number {
    return this.#out.value;
  }

  /** See {@link Row.window}. */
  get window(): number {
    return this.#window === 0 ? 0 : 1 - Math.min(1, this.#stats.sendWindow / this.#window);
  }

  /** See {@link Row.queue}. */
  get queue(): number {
    const { queued } = this.#stats;
    return queued === 0 ? 0 : queued / (queued + this.#window);
  }

  /** See {@link Row.unread}. */
  get unread(): number {
    const { unread, receiveWindow } = this.#stats;
    return unread === 0 ? 0 : unread / (unread + receiveWindow);
  }

  /** How many samples there have been. */
  get sampleCount(): number {
    return this.#history.count;
  }

  /**
   * The channel is like that now.
   *
   * @param every - ms that are to lie between two samples
   */
  update(stats: ChannelStats, at: number, every: number): void {
    this.#stats = stats;
    this.#wait = waitOf(stats);
    this.#in.update(stats.received, at);
    this.#out.update(stats.sent, at);
    const inFlight = stats.sent - stats.acknowledged;
    this.#window = Math.max(this.#window, stats.sendWindow + inFlight);
    // Either way: the clock may be put back.
    if (Math.abs(at - this.#sampledAt) >= every / 2) {
      this.#sampledAt = at;
      this.#history.add({
        at,
        credit: stats.sendWindow,
        inFlight,
        queued: stats.queued,
        room: stats.receiveWindow,
        unread: stats.unread,
        rateIn: this.rateIn,
        rateOut: this.rateOut,
      });
    }
  }

  /** Samples since there were `count`, as far as they are kept. */
  samples(count: number): Sample[] {
    return this.#history.since(count);
  }

  row(): Row {
    const { id, openedBy, states, queued, unread } = this.#stats;
    return {
      key: this.key,
      mux: this.mux.key,
      muxName: this.mux.name,
      id,
      openedBy,
      label: this.label,
      states,
      rateIn: Math.round(this.rateIn),
      rateOut: Math.round(this.rateOut),
      ratesIn: this.#history.last('rateIn', SHOWN_RATES),
      ratesOut: this.#history.last('rateOut', SHOWN_RATES),
      window: rounded(this.window),
      queue: rounded(this.queue),
      unread: rounded(this.unread),
      queued,
      unreadBytes: unread,
      wait: this.wait,
    };
  }
}

const rounded = (fraction: number): number => Math.round(1000 * fraction) / 1000;
