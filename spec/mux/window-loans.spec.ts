import {
  asyncScheduler,
  filter,
  firstValueFrom,
  lastValueFrom,
  mergeMap,
  reduce,
  type SchedulerLike,
  Subscription,
  take,
  toArray,
  VirtualAction,
  VirtualTimeScheduler,
} from 'rxjs';
import type { Channel } from '../../src/index.js';
import { muxPair } from '../../src/testing.js';

const USUAL = 65_536;
/** Windows have 1.5 MiB of it, of which 256 KiB can be lent. */
const maxMemory = 8_388_608;
const options = { maxMemory, maxOpen: 1000 };

/** Time stands still: how soon loans come back, or a peer is quiet, must not depend on what else the machine does. */
const scheduler: SchedulerLike = {
  now: () => 0,
  schedule: (...args: Parameters<SchedulerLike['schedule']>) =>
    (args[1] ?? 0) > 0 ? new Subscription() : asyncScheduler.schedule(...args),
};

/** Bytes that come through a channel until its end. */
const received = ({ inbound$ }: Channel): Promise<number> =>
  lastValueFrom(inbound$.pipe(reduce((sum, { length }) => sum + length, 0)));

describe('A mux with more busy channels than it has memory for their windows', () => {
  it.each([true, false])('gives them whole windows in turn (extensions: %s)', async (extensions) => {
    const [count, size] = [200, 1_000_000];
    const { near, far } = muxPair({
      scheduler,
      near: { maxOpen: 1000, extensions },
      far: { ...options, extensions },
    });
    const grants = Array.from({ length: count }, () => 0);
    const all: Promise<number>[] = [];
    far.channels$.subscribe((channel) => {
      const index = all.length;
      channel.receiveWindow$.pipe(filter((bytes) => bytes === USUAL)).subscribe(() => {
        grants[index] = (grants[index] ?? 0) + 1;
      });
      all.push(received(channel));
      channel.outbound$.complete();
    });
    for (let i = 0; i < count; i += 1) {
      const { outbound$ } = near.open();
      outbound$.next(Buffer.alloc(size));
      outbound$.complete();
    }
    await firstValueFrom(near.removed$.pipe(filter(() => near.openChannels.size === 0)));
    expect(await Promise.all(all)).toEqual(all.map(() => size));
    expect(Math.min(...grants)).toBeGreaterThanOrEqual(12);
    expect(grants.reduce((sum, times) => sum + times) / count).toBeGreaterThan(14); // of 16
    await Promise.all([near.close(), far.close()]);
  });

  it('has no timer any more once nobody waits for a loan', async () => {
    const virtual = new VirtualTimeScheduler(VirtualAction, 60_000);
    const { near, far } = muxPair({
      near: { maxOpen: 1000 },
      far: { ...options, keepAlive: false, scheduler: virtual },
    });
    far.channels$.subscribe((channel) => {
      channel.inbound$.subscribe();
      channel.outbound$.complete();
    });
    for (let i = 0; i < 50; i += 1) {
      const { outbound$ } = near.open();
      outbound$.next(Buffer.alloc(1_000_000));
      outbound$.complete();
    }
    await firstValueFrom(near.removed$.pipe(filter(() => near.openChannels.size === 0)));
    expect(virtual.actions).not.toEqual([]);
    virtual.flush();
    expect(virtual.actions).toEqual([]);
    await Promise.all([near.close(), far.close()]);
  });

  it('has the windows of those that have said all for the others, though it answers later', async () => {
    const [count, size] = [50, 150_000];
    const { near, far } = muxPair({ scheduler, near: { maxOpen: 1000 }, far: options });
    const uploads$ = far.channels$.pipe(take(count), mergeMap(received), toArray());
    const all = firstValueFrom(uploads$);
    for (let i = 0; i < count; i += 1) {
      const { outbound$ } = near.open();
      outbound$.next(Buffer.alloc(size));
      outbound$.complete();
    }
    expect(await all).toEqual(Array(count).fill(size));
    expect([far.openChannels.size, far.stats().windowBytes.granted]).toEqual([count, 0]);
    near.destroy();
  });

  it('does not hold up others where channels with such windows have no more to say', async () => {
    const [count, size] = [200, 150_000];
    const { near, far } = muxPair({ near: { maxOpen: 1000 }, far: options });
    const isQuiet = new Promise<void>((resolve) => {
      let left = count * size;
      far.channels$
        .pipe(
          take(count),
          mergeMap(({ inbound$ }) => inbound$),
        )
        .subscribe({
          next: ({ length }) => {
            left -= length;
            if (left === 0) {
              resolve();
            }
          },
          error: () => undefined, // when all is over
        });
    });
    for (let i = 0; i < count; i += 1) {
      near.open().outbound$.next(Buffer.alloc(size));
    }
    await isQuiet; // loans are where they are not used
    const busy = firstValueFrom(far.channels$);
    const { outbound$ } = near.open();
    outbound$.next(Buffer.alloc(1_000_000));
    outbound$.complete();
    expect(await received(await busy)).toBe(1_000_000);
    near.destroy();
  });
});
