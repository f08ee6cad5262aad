// Before all tests: finds out what the browser lacks, and says so. (jest maps no modules here, so it is esbuild that does.)
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const { dirname } = import.meta;

export default async function findFeatures() {
  const program = join(dirname, '../../../build/browser/features.mjs');
  await build({
    entryPoints: [join(dirname, 'features.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const { findOut } = await import(pathToFileURL(program).href);
  await findOut();
}
