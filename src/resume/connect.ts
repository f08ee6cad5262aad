import type { ObservableInput } from 'rxjs';
import type { Carrier } from '../carrier/carrier.js';
import type { NodeDuplex } from '../node-duplex.js';

/** A connection, as a mux takes it. */
export type Connected = NodeDuplex | Carrier;

/**
 * Makes a connection: returns it, or what it will come from. What an Observable is subscribed to for stays subscribed to while
 * the connection is in use.
 *
 * @param attempt - how many attempts there have been, with this one, since there was a connection: from 1
 */
export type Connect = (attempt: number) => ObservableInput<Connected> | Connected;
