import { setImmediate } from 'node:timers/promises';

/** Collects garbage, that of finalizers and of what had waited for a later turn, too. */
export async function collect(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await setImmediate();
    globalThis.gc?.();
  }
}

/** Bytes that something still holds on to, on the heap and in buffers. */
export async function retained(): Promise<number> {
  await collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
