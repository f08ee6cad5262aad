import { show, whole } from '../arguments.js';
import type { NodeDuplex } from '../node-duplex.js';
import type { Carrier } from './carrier.js';
import { DuplexCarrier } from './duplex-carrier.js';

/**
 * What was given to a mux, as a carrier.
 *
 * @throws TypeError where it is neither a Carrier nor a Duplex of bytes; TypeError or RangeError where its `holds` is no number of bytes
 */
export function toCarrier(given: NodeDuplex | Carrier): Carrier {
  if (isObject(given)) {
    if ('capacity$' in given && 'inbound$' in given) {
      if (given.holds !== undefined) {
        whole('carrier.holds', given.holds, 1);
      }
      return given;
    }
    // Not `instanceof`: streams come from other copies of Node's stream module, too. Streams of other kinds, and of copies of what
    // Node 8 had, do not tell how full they are.
    if ('read' in given && 'writableLength' in given) {
      return new DuplexCarrier(given);
    }
  }
  throw new TypeError(
    `carrier must be a Duplex or a Carrier, such as a WebSocketCarrier, got ${show(given)}`,
  );
}

const isObject = (given: unknown): boolean => Object(given) === given;
