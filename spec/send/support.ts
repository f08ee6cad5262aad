import { type ChannelOptions, Mux } from '../../src/index.js';
import { PLAIN_WIRE } from '../support/plain-wire.js';
import { TestCarrier, turn } from '../support/test-carrier.js';
import * as wire from '../support/wire.js';

/** A channel whose peer, the test, takes 100 bytes. */
export async function opened(options?: ChannelOptions) {
  const carrier = new TestCarrier();
  const mux = new Mux(carrier, PLAIN_WIRE);
  mux.channels$.subscribe({ error: () => undefined });
  const channel = mux.open('', options);
  await turn();
  carrier.receive(wire.handshake(0, 100));
  await carrier.hears();
  return { carrier, mux, channel };
}

/** Lets promises settle, and those that they make. */
export const settled = async (): Promise<void> => {
  await turn();
  await turn();
};
