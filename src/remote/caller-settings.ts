import type { Observable, SchedulerLike } from 'rxjs';
import type { AnyMux } from './any-mux.js';
import type { Reason } from '../protocol/reason.js';
import type { CallSettings } from './call-options.js';

/** Where calls go, and {@link RemoteOptions} as they are used. */
export interface CallerSettings extends CallSettings {
  /** The only mux … */
  readonly mux?: AnyMux;
  /** … or muxes one after the other. */
  readonly muxes$?: Observable<AnyMux>;
  readonly deadline: number | false;
  readonly metadata: (method: string) => unknown;
  readonly resubscribe: (error: unknown, method: string) => boolean;
  readonly scheduler: SchedulerLike;
  /** What the far side hears of an error of this side's. */
  readonly shown: (error: unknown) => Reason;
}
