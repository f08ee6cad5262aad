import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { turn } from '../../support/test-carrier.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use, on the heap and in buffers, once all that nobody refers to is gone. */
export async function bytesInUse(): Promise<number> {
  await turn();
  collectGarbage();
  await turn();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage(); // `external` counts `arrayBuffers`, too
  return heapUsed + external;
}

/** Bytes in use beyond those of `before`. Looks for garbage, which takes its time, only where there are `enough` of them. */
export async function keptSince(before: number, enough: number): Promise<number> {
  const { heapUsed, external } = process.memoryUsage();
  const kept = heapUsed + external - before;
  return kept < enough ? kept : (await bytesInUse()) - before;
}

/** How many are still there once all that nobody refers to is gone. Of the last one something may lie on the stack. */
export async function stillAlive(references: readonly WeakRef<object>[]): Promise<number> {
  await turn();
  collectGarbage();
  return references.filter((reference) => reference.deref() !== undefined).length;
}
