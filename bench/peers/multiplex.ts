import multiplexer from 'multiplex';
import type { Duplex } from 'node:stream';
import { AcceptQueue } from '../accept-queue.js';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * npm multiplex. Its streams have no windows and no settings of their buffers; `chunked` spares it copying.
 *
 * It emits `'drain'` while it is reading its own output buffer, and a sender that answers with a write at once puts in
 * two chunks for each one that is taken out: the loop never ends. So the sender here comes back in a later turn.
 */
export const multiplex: Peer = {
  connect({ near, far }) {
    const accepting = new AcceptQueue<Duplex>();
    const nearPlex = multiplexer({ chunked: true });
    const farPlex = multiplexer({ chunked: true }, accepting.accept);
    near.pipe(nearPlex).pipe(near);
    far.pipe(farPlex).pipe(far);
    return {
      open: async (onNear) => {
        const stream = nearPlex.createStream();
        const nearEnd = new PatientEnd(stream);
        const accepted = accepting.next();
        onNear?.(nearEnd);
        return { near: nearEnd, far: new PatientEnd(await accepted) };
      },
    };
  },
};

class PatientEnd extends StreamEnd {
  override onWritable(listener: () => void): void {
    super.onWritable(() => {
      setImmediate(listener);
    });
  }
}
