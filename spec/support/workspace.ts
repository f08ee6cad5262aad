import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkPackages } from './link-packages.js';

/** A directory as a user has one: with packages, rxmux among them, and code of its own. */
export interface Workspace {
  readonly folder: string;
  readonly remove: () => Promise<void>;
}

/**
 * @param source - a folder of `spec`
 * @param folders - of that, whose content it gets
 */
export async function makeWorkspace(
  source: 'browser' | 'pages',
  ...folders: readonly string[]
): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'rxmux-browser-'));
  await linkPackages(folder, ['rxjs', 'ws']);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const name of folders) {
    await cp(join(__dirname, '..', source, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith('tsconfig.json'),
    });
  }
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
