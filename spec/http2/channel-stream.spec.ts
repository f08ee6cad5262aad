import { EventEmitter } from 'node:events';
import type { Http2Stream } from 'node:http2';
import { MuxSide } from '../../src/carrier/mux-side.js';
import { ChannelStream, type Reply, type StreamOwner } from '../../src/http2/channel-stream.js';

/** A stream of a session that gives it a number later, or never. */
class FakeStream extends EventEmitter {
  readonly session = undefined;
  id: number | undefined;
}

const owner: StreamOwner = { stop: () => undefined, over: () => undefined, lost: () => undefined };
const reply: Reply = { accept: () => undefined, refuse: () => undefined };

describe('ChannelStream', () => {
  it('has the number of its stream as key, below 0 where that is the peer’s, and 0 while it has none', () => {
    const mux = new MuxSide(0, () => undefined);
    const stream = new FakeStream();
    const [own, peers] = [undefined, reply].map(
      (answer) => new ChannelStream(7, stream as unknown as Http2Stream, mux, owner, answer),
    );
    expect(own?.key).toBe(0);
    stream.id = 3;
    expect([own?.key, peers?.key]).toEqual([3, -3]);
  });
});
