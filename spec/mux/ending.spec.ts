import type { MuxChannel } from '../../src/channel/mux-channel.js';
import { ChannelNumbers } from '../../src/mux/channel-numbers.js';
import { ChannelRegistry } from '../../src/mux/channel-registry.js';
import { Ending } from '../../src/mux/ending.js';

describe('Ending', () => {
  it('removes a channel once, however often it is said to be over', () => {
    const channel = { id: 3, remove: jest.fn() } as unknown as MuxChannel<Buffer>;
    const registry = new ChannelRegistry<Buffer>(0, new ChannelNumbers(0));
    const removed = jest.fn();
    const ending = new Ending<Buffer>({
      registry,
      diagnostics: { removed },
      arrivals: { delete: () => false },
      life: {},
    } as never);
    registry.add(channel);
    ending.remove(3);
    ending.remove(3);
    expect(removed.mock.calls).toEqual([[channel]]);
  });
});
