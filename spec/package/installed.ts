import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const run = promisify(execFile);

/**
 * A folder with packages that only the tests of the package need, several versions of one too: installed once, and kept in
 * node_modules/.cache.
 *
 * @param name - the folder's name, one for each spec, since they run at the same time
 * @param dependencies - as in a package.json: exact versions, or aliases as `npm:typescript@5.0.4`
 */
export async function installed(
  name: string,
  dependencies: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'spec-package', name);
  const manifest = JSON.stringify({ private: true, dependencies }, undefined, 2);
  const mark = join(folder, 'installed.json');
  if ((await readFile(mark, 'utf8').catch(() => undefined)) !== manifest) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), manifest);
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel', 'error'];
    await run('npm', ['install', ...options], { cwd: folder });
    await writeFile(mark, manifest);
  }
  return join(folder, 'node_modules');
}
