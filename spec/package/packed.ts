import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..', '..');
const folder = join(root, 'node_modules', '.cache', 'spec-package', 'packed');
const run = promisify(execFile);

const isTarball = (name: string): boolean => name.endsWith('.tgz');

/** What differs where any file has changed that is packed, or may be. */
async function fingerprint(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const paths = manifest.files.map((path) => (path.includes('*') ? dirname(path) : path));
  const hash = createHash('sha256');
  for (const path of ['package.json', 'README.md', 'LICENSE', ...paths]) {
    const isFolder = (await stat(join(root, path))).isDirectory();
    const names = isFolder ? (await readdir(join(root, path), { recursive: true })).sort() : [''];
    for (const name of names) {
      const { size, mtimeMs } = await stat(join(root, path, name));
      hash.update(`${path}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * The package as npm packs it, a `.tgz`. npm takes seconds for that, and many specs want it: it is kept in
 * node_modules/.cache until a file changes.
 */
export async function packed(): Promise<string> {
  if (!existsSync(join(root, 'dist/browser-cjs/index.js'))) {
    throw new Error('there is no dist to be packed: npm run build makes it');
  }
  await mkdir(folder, { recursive: true });
  const name = `rxmux-${await fingerprint()}.tgz`;
  const kept = await readdir(folder);
  if (!kept.includes(name)) {
    const own = await mkdtemp(join(folder, 'packing-')); // another spec may do the same at the same time
    const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', own];
    const { stdout } = await run('npm', pack, { cwd: root });
    await rename(join(own, stdout.trim()), join(folder, name));
    await rm(own, { recursive: true });
    await Promise.all(kept.filter(isTarball).map((old) => rm(join(folder, old), { force: true })));
  }
  return join(folder, name);
}
