import { Mux, type MuxOptions, type ParsingMuxOptions } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier } from '../support/test-carrier.js';

/** A mux that says nothing but what bpmux would, from channel 0 on, with the test as its peer. */
export function start<H = Buffer>(
  options?: MuxOptions<H>,
  takesInAll?: number,
): { carrier: TestCarrier; mux: Mux<H> } {
  const carrier = new TestCarrier(takesInAll);
  const mux = new Mux<H>(carrier, { ...PLAIN_WIRE, ...options } as ParsingMuxOptions<H>);
  return { carrier, mux };
}
