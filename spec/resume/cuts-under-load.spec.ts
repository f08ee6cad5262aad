import { filter, firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { createHash } from 'node:crypto';
import type { Channel } from '../../src/index.js';
import type { Cut } from './fault-link.js';
import { randomFrom } from './random-from.js';
import { echo, Resumed } from './resumed.js';

const CHANNELS = 100;
const BUFFER = 131_072;
const CUTS = 100;

/** Sends until it is told to stop, and compares what comes back. */
async function transfer(channel: Channel, seed: number, isOver: () => boolean): Promise<number> {
  const random = randomFrom(seed);
  const [sent, came] = [createHash('sha256'), createHash('sha256')];
  let bytes = 0;
  const all = lastValueFrom(channel.inbound$.pipe(tap((chunk) => came.update(chunk))), {
    defaultValue: undefined,
  });
  while (!isOver()) {
    const chunk = Buffer.alloc(1 + Math.floor(random() * 40_000), seed + bytes);
    sent.update(chunk);
    bytes += chunk.length;
    channel.outbound$.next(chunk);
    await firstValueFrom(channel.writable$.pipe(filter(Boolean)));
    await new Promise((resolve) => setTimeout(resolve, random() * 20));
  }
  channel.outbound$.complete();
  await all;
  expect(came.digest('hex')).toBe(sent.digest('hex'));
  return bytes;
}

describe('a session under load', () => {
  it('brings every byte of 100 channels through 100 cuts, and keeps no more than its buffer', async () => {
    const random = randomFrom(7);
    const cuts: readonly Cut[] = ['fin', 'rst', 'near only', 'far only'];
    const session = new Resumed(
      (index) => ({
        ...(index < CUTS && {
          [random() < 0.5 ? 'toFar' : 'toNear']: 300 + Math.floor(random() ** 3 * 900_000),
        }),
        cut: cuts[Math.floor(random() * cuts.length)] ?? 'fin',
        piece: () => 1 + Math.floor(random() * 60_000),
      }),
      { bufferSize: BUFFER, deadAfter: 300 },
    );
    const { near, far } = await session.muxes({ keepAlive: 50, keepAliveTimeout: 20_000 });
    const faults: unknown[] = [];
    for (const mux of [near, far]) {
      mux.errors$.subscribe((error) => faults.push(error));
      echo(mux);
    }
    const served = (await session.served) as unknown as { readonly kept: number };
    let most = 0;
    session.carrier.capacity$.subscribe(() => {
      most = Math.max(most, served.kept);
    });
    const isOver = (): boolean => session.links.length > CUTS;
    const bytes = await Promise.all(
      Array.from({ length: CHANNELS }, (_, i) => transfer((i % 2 === 0 ? near : far).open(), i, isOver)),
    );
    expect(session.links.length).toBeGreaterThan(CUTS);
    expect(Math.min(...bytes)).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(BUFFER + 65_536 + 1024);
    await Promise.all([near.close(), far.close()]);
    expect(faults).toEqual([]);
    await session.isGone();
  });
});
