import { VirtualAction, VirtualTimeScheduler } from 'rxjs';
import { type CloseOptions, MuxClosedError } from '../../src/index.js';
import { listen } from '../support/listen.js';
import { turn } from '../support/test-carrier.js';
import * as peer from '../support/wire.js';
import { start } from './start.js';

/** A mux in virtual time, with a channel that is open. */
async function opened() {
  const scheduler = new VirtualTimeScheduler(VirtualAction, 0);
  const { carrier, mux } = start({ scheduler });
  const channel = mux.open();
  await turn();
  carrier.receive(peer.handshake(0, 100));
  await carrier.hears();
  /** It is so late; whatever was due by then has been done. */
  const at = (ms: number): void => {
    scheduler.maxFrames = ms;
    scheduler.flush();
    scheduler.frame = ms;
  };
  return { scheduler, carrier, mux, channel, at };
}

describe('mux.close({ timeout })', () => {
  it('destroys what is left after so many milliseconds, and not before', async () => {
    const { scheduler, carrier, mux, channel, at } = await opened();
    const closing = mux.close({ timeout: 1000 });
    const [inbound, closed] = [listen(channel.inbound$), listen(channel.closed$)];
    at(999);
    expect([carrier.destroyedWith, inbound, closed]).toStrictEqual([undefined, [], []]);
    at(1000);
    expect(carrier.destroyedWith).toEqual({ error: undefined });
    expect([inbound, closed]).toEqual([[new MuxClosedError()], [new MuxClosedError()]]);
    expect(mux.openChannels.size).toBe(0);
    await expect(closing).resolves.toBeUndefined();
    expect(scheduler.actions).toEqual([]);
  });

  it('lets channels finish until then, and has no timer left when they have', async () => {
    const { scheduler, carrier, mux, channel, at } = await opened();
    const closing = mux.close({ timeout: 1000 });
    at(500);
    channel.outbound$.next('last words');
    channel.outbound$.complete();
    carrier.receive(peer.end(0));
    expect(await carrier.hears()).toEqual(['DATA 0 seq=10 "last words"', 'END 0']);
    expect(carrier.isEnded).toBe(true);
    carrier.inbound$.complete();
    await expect(closing).resolves.toBeUndefined();
    expect(scheduler.actions).toEqual([]);
    expect(carrier.destroyedWith).toBeUndefined();
    expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
  });

  it('destroys a carrier whose far end does not end', async () => {
    const { carrier, mux, channel, at } = await opened();
    const closing = mux.close({ timeout: 1000 });
    channel.outbound$.complete();
    carrier.receive(peer.end(0));
    await turn();
    expect([carrier.isEnded, carrier.destroyedWith]).toEqual([true, undefined]);
    at(1000);
    expect(carrier.destroyedWith).toEqual({ error: undefined });
    await expect(closing).resolves.toBeUndefined();
    expect(listen(channel.closed$)).toEqual([undefined, 'complete']);
  });

  it.each([
    [[undefined, { timeout: 50 }], 50],
    [[{ timeout: 50 }, undefined], 50],
    [[{ timeout: 50 }, { timeout: false }], 50],
    [[{ timeout: 50 }, { timeout: 20 }], 20],
    [[{ timeout: 20 }, { timeout: 50 }], 20],
  ] as [(CloseOptions | undefined)[], number][])(
    'goes by the shortest of more than one call: %j',
    async (calls, expected) => {
      const { scheduler, carrier, mux, at } = await opened();
      const [first, second] = calls.map((options) => mux.close(options));
      expect(second).toBe(first);
      at(expected - 1);
      expect(carrier.destroyedWith).toBeUndefined();
      at(expected);
      expect(carrier.destroyedWith).toEqual({ error: undefined });
      expect(scheduler.actions).toEqual([]);
      await expect(first).resolves.toBeUndefined();
    },
  );

  it('counts from the call', async () => {
    const { carrier, mux, at } = await opened();
    void mux.close();
    at(100);
    void mux.close({ timeout: 50 });
    at(149);
    expect(carrier.destroyedWith).toBeUndefined();
    at(150);
    expect(carrier.destroyedWith).toEqual({ error: undefined });
  });

  it('without a timeout, or with false, waits for ever', async () => {
    const { scheduler, mux } = await opened();
    void mux.close();
    void mux.close({ timeout: false });
    void mux.close({ timeout: undefined });
    expect(scheduler.actions).toEqual([]);
    mux.destroy();
  });

  it('starts no timer where the mux is closed already', async () => {
    const { scheduler, mux } = await opened();
    mux.destroy();
    await expect(mux.close({ timeout: 1000 })).resolves.toBeUndefined();
    expect(scheduler.actions).toEqual([]);
  });

  it('is rejected, with no timer left, where the mux fails before', async () => {
    const { scheduler, carrier, mux } = await opened();
    mux.channels$.subscribe({ error: () => undefined });
    const closing = mux.close({ timeout: 1000 });
    const error = new Error('cable cut');
    carrier.inbound$.error(error);
    await expect(closing).rejects.toBe(error);
    expect(scheduler.actions).toEqual([]);
  });

  it.each([
    [{ timeout: 0 }, 'options.timeout must be a whole number 1 … 2147483647 or false, got 0'],
    [{ timeout: 1.5 }, 'options.timeout must be a whole number 1 … 2147483647 or false, got 1.5'],
    [{ timeout: 2 ** 31 }, 'options.timeout must be a whole number 1 … 2147483647 or false, got 2147483648'],
    [{ timeout: '1 s' }, "options.timeout must be a number of milliseconds or false, got '1 s'"],
    [{ timeOut: 5 }, 'options.timeOut is not an option (did you mean timeout?)'],
    [5, 'options must be an object, got 5'],
  ])('throws for %j, and does not close', async (options, message) => {
    const { mux } = await opened();
    expect(() => mux.close(options as CloseOptions)).toThrow(message);
    expect(mux.open().id).toBe(1);
    mux.destroy();
  });
});
