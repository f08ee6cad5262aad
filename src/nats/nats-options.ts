import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { MAX_DELAY, object, schedulerLike, whole } from '../arguments.js';
import type { NatsCarrierSettings } from './nats-carrier.js';

/** Settings of {@link connectOver}. */
export interface NatsCarrierOptions {
  /**
   * Bytes that may be under way in each direction: sent by one end, and not taken by the mux of the other. The smaller of
   * both ends counts. Default 1 048 576.
   */
  highWaterMark?: number | undefined;
  /**
   * Milliseconds of silence after which the far end, which is asked meanwhile, is taken for dead; and after which nobody is
   * expected to answer a new session. Time without a connection to NATS does not count. A far end needs that long to connect
   * to NATS again, so it should be longer than its client waits before it tries. Default 10 000.
   */
  deadAfter?: number | undefined;
  /** Where timers run, so that a `TestScheduler` can drive them. No process waits for one. Default: `asyncScheduler`. */
  scheduler?: SchedulerLike | undefined;
}

/** Settings of {@link listenOver}. */
export interface NatsListenOptions extends NatsCarrierOptions {
  /** The queue group: of those that listen with the same name one gets each session. Default: the name of the service. */
  queue?: string | undefined;
}

const DEFAULTS = { highWaterMark: 1_048_576, deadAfter: 10_000, scheduler: asyncScheduler };

/** The most that fits where a window is told. */
const MAX_HIGH_WATER_MARK = 0xffff_ffff;

/** @throws TypeError or RangeError that names the option which it cannot take */
export function connectSettings(given: NatsCarrierOptions | undefined): NatsCarrierSettings {
  return checked(object('options', given, DEFAULTS));
}

/** @throws TypeError or RangeError that names the option which it cannot take */
export function listenSettings(
  given: NatsListenOptions | undefined,
  service: string,
): NatsCarrierSettings & { readonly queue: string } {
  const { queue, ...settings } = object('options', given, { ...DEFAULTS, queue: service });
  return { ...checked(settings), queue };
}

function checked(settings: NatsCarrierSettings): NatsCarrierSettings {
  whole('options.highWaterMark', settings.highWaterMark, 1, MAX_HIGH_WATER_MARK);
  whole('options.deadAfter', settings.deadAfter, 1, MAX_DELAY);
  schedulerLike('options.scheduler', settings.scheduler);
  return settings;
}
