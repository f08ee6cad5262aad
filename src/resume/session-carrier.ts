import type { Carrier } from '../carrier/carrier.js';
import type { StateObservable } from '../reactive/state-observable.js';
import type { Connected } from './connect.js';
import type { SessionState } from './session-state.js';

/** A session at the side that is connected to, as a carrier. */
export interface SessionCarrier extends Carrier {
  /** Where the session stands. Completes when it is over. */
  readonly state$: StateObservable<SessionState>;
  /** How often a lost connection has been replaced. */
  readonly resumptions: number;
  /** The connection that it has, or had last, as it was given to `accept()`. */
  readonly connection: Connected;
}
