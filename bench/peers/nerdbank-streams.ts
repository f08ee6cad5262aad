import { type Channel, MultiplexingStream } from 'nerdbank-streams';
import { finished } from 'node:stream';
import type { Peer } from '../peer.js';
import { StreamEnd } from '../stream-end.js';

/**
 * npm nerdbank-streams, with version 3 of its protocol, which has back-pressure.
 *
 * Fitted, it has the windows that rxmux has unless told otherwise (its own default is 100 KiB). It sends at most 20 KiB at
 * a time, and one write after the other; neither can be set. It grants bytes as they come, whether anybody reads them or
 * not. A channel that has ended both ways must be disposed of to be gone.
 */
export const nerdbankStreams: Peer = {
  connect({ near, far }, settings) {
    const options = () => ({
      protocolMajorVersion: 3,
      ...(settings === 'fitted' && { defaultChannelReceivingWindowSize: 262_144 }),
    });
    const nearStream = MultiplexingStream.Create(near, options());
    const farStream = MultiplexingStream.Create(far, options());
    return {
      open: async (onNear) => {
        const [nearChannel, farChannel] = await Promise.all([
          nearStream.offerChannelAsync(''),
          farStream.acceptChannelAsync(''),
        ]);
        const nearEnd = new DisposingEnd(nearChannel);
        onNear?.(nearEnd);
        return { near: nearEnd, far: new DisposingEnd(farChannel) };
      },
    };
  },
};

class DisposingEnd extends StreamEnd {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    super(channel.stream);
    this.#channel = channel;
  }

  override onClosed(listener: () => void): void {
    finished(this.#channel.stream, () => {
      this.#channel.dispose();
    });
    void this.#channel.completion.then(listener);
  }
}
