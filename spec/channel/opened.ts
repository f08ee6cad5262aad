import { type Channel, type ChannelOptions, Mux } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** Channel 0, which both sides have opened, with the test as the peer, a bpmux whose window is 100 bytes. */
export async function opened(
  options?: ChannelOptions,
): Promise<{ carrier: TestCarrier; mux: Mux; channel: Channel }> {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  const channel = mux.open('', options);
  await turn();
  carrier.receive(wire.handshake(0, 100));
  await carrier.hears();
  return { carrier, mux, channel };
}
