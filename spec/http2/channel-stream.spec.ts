import { EventEmitter } from 'node:events';
import { firstValueFrom } from 'rxjs';
import type { Http2Stream } from 'node:http2';
import { MuxSide } from '../../src/carrier/mux-side.js';
import { MessageType } from '../../src/protocol/message.js';
import { nextTurn$ } from '../../src/reactive/next-turn.js';
import { ChannelStream, type Reply, type StreamOwner } from '../../src/http2/channel-stream.js';

/** A stream of a session that gives it a number later, or never. */
class FakeStream extends EventEmitter {
  readonly session = undefined;
  id: number | undefined;
  readonly closed = true;
  readonly readableLength = 0;
  readonly read = (): null => null;
  readonly destroy = (): void => undefined;
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

  it.each([
    { when: 'goes on until then', isEnded: false, times: 1 },
    { when: 'has ended until then', isEnded: true, times: 0 },
  ])('has its peer stopped in the next turn, where that $when: $times', async ({ isEnded, times }) => {
    const mux = new MuxSide(0, () => undefined);
    const stop = jest.fn();
    const http2 = new FakeStream();
    const stream = new ChannelStream(7, http2 as unknown as Http2Stream, mux, { ...owner, stop }, reply);
    stream.handshake({ 'rxmux-version': '1' });
    stream.receive({ type: MessageType.status, channel: 7, free: 10, seq: 0 });
    stream.receive({ type: 'stop', channel: 7, reason: undefined });
    if (isEnded) {
      http2.emit('end');
    }
    await firstValueFrom(nextTurn$);
    expect(stop).toHaveBeenCalledTimes(times);
  });
});
