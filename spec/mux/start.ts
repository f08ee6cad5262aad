import { Mux, type MuxOptions, type ParsingMuxOptions } from '../../src/index.js';
import { TestCarrier } from '../support/test-carrier.js';

/** A mux, with the test as its peer. */
export function start<H = Buffer>(
  options?: MuxOptions<H>,
  takesInAll?: number,
): { carrier: TestCarrier; mux: Mux<H> } {
  const carrier = new TestCarrier(takesInAll);
  const mux = new Mux<H>(carrier, { keepAlive: false, ...options } as ParsingMuxOptions<H>);
  return { carrier, mux };
}
