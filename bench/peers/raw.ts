import { loopback } from '../loopback.js';
import type { Peer } from '../peer.js';
import { streamEnd } from '../stream-end.js';

/**
 * The socket by itself: what there is to be had.
 *
 * Writes of one turn are corked, as Node's documentation advises for small ones, so that they leave together; a
 * benchmark of 64-byte system calls would flatter everybody else.
 */
export const raw: Peer = {
  async connect() {
    const sockets = await loopback();
    const near = streamEnd(sockets.near);
    let isCorked = false;
    const uncork = (): void => {
      isCorked = false;
      sockets.near.uncork();
    };
    near.write = (chunk) => {
      if (!isCorked) {
        isCorked = true;
        sockets.near.cork();
        process.nextTick(uncork);
      }
      return sockets.near.write(chunk);
    };
    return { open: () => Promise.resolve({ near, far: streamEnd(sockets.far) }) };
  },
};
