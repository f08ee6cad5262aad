import { config } from 'rxjs';
import type { MuxChannel } from '../../src/channel/mux-channel.js';
import { ChannelNumbers } from '../../src/mux/channel-numbers.js';
import { ChannelRegistry } from '../../src/mux/channel-registry.js';
import { listen } from '../support/listen.js';

function channel(id: number, remove: () => void = jest.fn()): MuxChannel<Buffer> {
  return { id, remove } as unknown as MuxChannel<Buffer>;
}

describe('ChannelRegistry', () => {
  it('tells when the last place has been taken', () => {
    const registry = new ChannelRegistry<Buffer>(2, new ChannelNumbers(0));
    const full = listen(registry.full$);
    registry.add(channel(0));
    expect([registry.isFull, full.length]).toEqual([false, 0]);
    registry.add(channel(1));
    expect([registry.isFull, full.length]).toEqual([true, 1]);
  });

  it('is never full with 0', () => {
    const registry = new ChannelRegistry<Buffer>(0, new ChannelNumbers(0));
    registry.add(channel(0));
    expect(registry.isFull).toBe(false);
  });

  it('gives numbers that neither a channel has nor is said to be taken', () => {
    const registry = new ChannelRegistry<Buffer>(0, new ChannelNumbers(10));
    registry.add(channel(10));
    expect(registry.freeNumber((number) => number === 11)).toBe(12);
  });

  it('takes a channel out before it ends it, and tells when it has ended', () => {
    const registry = new ChannelRegistry<Buffer>(0, new ChannelNumbers(0));
    const removed = listen(registry.removed$);
    const error = new Error('gone');
    const remove = jest.fn(() => {
      expect([registry.channels.size, removed.length]).toEqual([0, 0]);
    });
    const one = channel(3, remove);
    registry.add(one);
    expect(registry.remove(3, error, 'now')).toBe(one);
    expect(remove).toHaveBeenCalledWith(error, 'now');
    expect(removed).toEqual([one]);
    expect(registry.remove(3)).toBeUndefined();
  });

  it('survives a channel that cannot be ended, and whoever listens', async () => {
    const registry = new ChannelRegistry<Buffer>(0, new ChannelNumbers(0));
    const mistake = new Error('mistake');
    const reported = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    const removed = listen(registry.removed$);
    const one = channel(0, () => {
      throw mistake;
    });
    registry.add(one);
    expect(registry.remove(0)).toBe(one);
    expect(removed).toEqual([one]);
    expect(await reported).toBe(mistake);
    config.onUnhandledError = null;
  });
});
