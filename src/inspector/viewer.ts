import type { MuxStats } from '../mux/mux-stats.js';
import { ChannelWatch } from './channel-watch.js';
import { chooseRows } from './choose-rows.js';
import type { ListedMux, MuxList } from './mux-list.js';
import { type Detail, MAX_MUXES, type MuxFigures, type Picture } from './picture.js';
import { Rate } from './rate.js';
import type { Request } from './request.js';
import { isStuck } from './wait.js';

/** Somebody who looks: makes pictures of the muxes, each out of the snapshots of now and of the time before. */
export class Viewer {
  readonly #list: MuxList;
  #channels = new Map<number, ChannelWatch>();
  #rates = new Map<number, MuxRates>();
  /** The channel in detail, which stays when it is gone; and how many samples have been told of it. */
  #detail: ChannelWatch | undefined;
  #told = 0;
  #errorsTold = 0;
  /** What the picture is of. */
  #at = -Infinity;
  #figures: readonly MuxFigures[] = [];

  constructor(list: MuxList) {
    this.#list = list;
  }

  /**
   * A picture of now; where the request is `paused`, of the moment of the picture before, so that what is frozen can be walked
   * through.
   *
   * @param now - ms since 1970
   */
  look(now: number, request: Request): Picture {
    if (!request.paused || this.#at === -Infinity) {
      this.#update(now, request.interval);
    }
    const rows = chooseRows(this.#channels.values(), request);
    const from = Math.max(0, Math.min(request.from, rows.length - request.count));
    const detail = this.#detailOf(request.detail);
    return {
      at: this.#at,
      muxes: this.#figures.slice(0, MAX_MUXES),
      muxCount: this.#figures.length,
      channels: this.#channels.size,
      stuck: this.#figures.reduce((sum, { stuck }) => sum + stuck, 0),
      matching: rows.length,
      from,
      rows: rows.slice(from, from + request.count).map((channel) => channel.row()),
      detailAt: detail === undefined ? -1 : rows.findIndex(({ key }) => key === detail.key),
      detail,
      errors: this.#newErrors(),
    };
  }

  #update(now: number, interval: number): void {
    const channels = new Map<number, ChannelWatch>();
    const rates = new Map<number, MuxRates>();
    this.#figures = this.#list.muxes.map((listed) => {
      const stats = listed.mux.stats();
      const rate = this.#rates.get(listed.key) ?? new MuxRates(stats, now);
      rates.set(listed.key, rate);
      const watches = this.#watchesOf(listed, now, interval);
      watches.forEach((watch) => channels.set(watch.key, watch));
      return {
        key: listed.key,
        name: listed.name,
        isOver: listed.isOver,
        ...rate.update(stats, now),
        stuck: watches.filter(({ wait }) => isStuck(wait)).length,
        stats,
      };
    });
    this.#channels = channels;
    this.#rates = rates;
    this.#at = now;
  }

  #watchesOf(listed: ListedMux, now: number, interval: number): ChannelWatch[] {
    return Array.from(listed.mux.openChannels.values(), (channel) => {
      const key = this.#list.keyOf(channel);
      const stats = channel.stats();
      const watch = this.#channels.get(key) ?? new ChannelWatch(key, listed, stats, now);
      watch.update(stats, now, interval);
      return watch;
    });
  }

  #detailOf(key: number | undefined): Detail | undefined {
    if (this.#detail?.key !== key) {
      this.#detail = key === undefined ? undefined : this.#channels.get(key);
      this.#told = 0;
    }
    const watch = this.#detail;
    if (watch === undefined) {
      return undefined;
    }
    const samples = watch.samples(this.#told);
    this.#told = watch.sampleCount;
    return { ...watch.row(), stats: watch.stats, isGone: !this.#channels.has(watch.key), samples };
  }

  #newErrors(): Picture['errors'] {
    const { entries, version } = this.#list.errors;
    if (version === this.#errorsTold) {
      return undefined;
    }
    this.#errorsTold = version;
    return entries;
  }
}

/** How fast the carrier of a mux is. */
class MuxRates {
  readonly #in: Rate;
  readonly #out: Rate;

  constructor({ bytesIn, bytesOut }: MuxStats, at: number) {
    this.#in = new Rate(bytesIn, at);
    this.#out = new Rate(bytesOut, at);
  }

  update({ bytesIn, bytesOut }: MuxStats, at: number): Pick<MuxFigures, 'rateIn' | 'rateOut'> {
    this.#in.update(bytesIn, at);
    this.#out.update(bytesOut, at);
    return { rateIn: Math.round(this.#in.value), rateOut: Math.round(this.#out.value) };
  }
}
