import type { IncomingHttpHeaders } from 'node:http2';
import { Mux, type MuxOptions } from '../../src/index.js';
import { Http2Sessions, type Http2SessionsOptions } from '../../src/http2.js';
import { connectPairs, type SessionPair } from '../support/http2-pairs.js';

/** Two muxes over HTTP/2, and their sessions. `farOptions`: what is different at the far end. */
export async function connected(
  options: MuxOptions = {},
  carrierOptions?: Http2SessionsOptions,
  farOptions?: MuxOptions,
): Promise<{
  near: Mux;
  far: Mux;
  nearPair: SessionPair;
  farPair: SessionPair;
}> {
  const [nearPair, farPair] = await connectPairs();
  const near = new Mux(new Http2Sessions(nearPair.client, nearPair.server, carrierOptions), {
    highChannels: false,
    ...options,
  });
  const far = new Mux(new Http2Sessions(farPair.client, farPair.server, carrierOptions), {
    highChannels: true,
    ...options,
    ...farOptions,
  });
  return { near, far, nearPair, farPair };
}

/** The headers of a request for a channel. */
export const ofChannel = (number: number): IncomingHttpHeaders => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return { ':method': 'POST', ':path': '/', 'bpmux-channel': bytes.toString('base64') };
};
