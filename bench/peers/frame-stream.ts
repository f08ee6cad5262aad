import { decode, encode } from 'frame-stream';
import type { Duplex } from 'node:stream';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * Framing alone, without channels: each chunk is a frame.
 *
 * `unbuffered`, since the workloads do not care for whole frames: copying their parts together would cost more.
 */
export const frameStream: Peer = {
  connect: ({ near, far }) => ({
    open: () => Promise.resolve({ near: framed(near), far: framed(far) }),
  }),
};

function framed(carrier: Duplex): StreamEnd {
  const encoder = encode();
  encoder.pipe(carrier);
  return new StreamEnd(encoder, carrier.pipe(decode({ unbuffered: true })));
}
