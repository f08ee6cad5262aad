import { EventEmitter } from 'node:events';
import type { Http2Stream } from 'node:http2';
import { MuxSide } from '../../src/carrier/mux-side.js';
import { ChannelStream } from '../../src/http2/channel-stream.js';
import { ChannelStreams } from '../../src/http2/channel-streams.js';

/** The stream of a channel of the mux's, with that number of its own. */
const streamOf = (channel: number, id: number): ChannelStream => {
  const stream = Object.assign(new EventEmitter(), { id }) as unknown as Http2Stream;
  const owner = { stop: () => undefined, over: () => undefined, lost: () => undefined };
  return new ChannelStream(channel, stream, new MuxSide(0, () => undefined), owner);
};

describe('ChannelStreams', () => {
  it('keep the next stream of a number when the last one is said to be over once more', () => {
    const streams = new ChannelStreams();
    const [last, next] = [streamOf(7, 1), streamOf(7, 3)];
    streams.add(last);
    streams.identified(last);
    streams.delete(last); // when the mux has ended it, and Node has yet to say that it has closed
    streams.add(next);
    streams.identified(next);
    const onFree = jest.fn();
    streams.whenFree(7, onFree);
    streams.delete(last);
    expect([streams.get(7), streams.withKey(3), streams.isAwaited(7)]).toEqual([next, next, true]);
    expect(onFree).not.toHaveBeenCalled();
    streams.delete(next);
    expect([streams.get(7), streams.withKey(3), streams.isAwaited(7)]).toEqual([undefined, undefined, false]);
    expect(onFree).toHaveBeenCalledTimes(1);
  });
});
