import { decode, encode } from 'frame-stream';
import type { Duplex } from 'node:stream';
import { loopback } from '../loopback.js';
import type { ChannelEnd, Peer } from '../peer.js';
import { streamPairEnd } from '../stream-end.js';

/**
 * Framing alone, without channels: each chunk is a frame.
 *
 * `unbuffered`, since the workloads do not care for whole frames: copying their parts together would cost more.
 */
export const frameStream: Peer = {
  async connect() {
    const { near, far } = await loopback();
    return { open: () => Promise.resolve({ near: framed(near), far: framed(far) }) };
  },
};

function framed(socket: Duplex): ChannelEnd {
  const encoder = encode();
  encoder.pipe(socket);
  return streamPairEnd(encoder, socket.pipe(decode({ unbuffered: true })));
}
