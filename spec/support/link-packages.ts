import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');

const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/**
 * Gives a folder rxmux itself, as it was built, and packages of the project, with their types. So code in it finds what
 * it imports wherever the folder is, and nothing that happens to be installed above it.
 *
 * @throws Error that names a package which the project does not have
 */
export async function linkPackages(folder: string, names: Iterable<string>): Promise<void> {
  const dependencies = { ...project.peerDependencies, ...project.devDependencies };
  const targets = new Map([[project.name, root]]);
  for (const name of new Set(names)) {
    if (name === project.name) {
      continue;
    }
    if (!(name in dependencies)) {
      throw new Error(`the package ${name} is imported and is no dependency in package.json`);
    }
    const types = `@types/${name.replace(/^@(.*)\//, '$1__')}`;
    for (const needed of types in dependencies ? [name, types] : [name]) {
      targets.set(needed, join(root, 'node_modules', needed));
    }
  }
  for (const [name, target] of targets) {
    if (!existsSync(target)) {
      throw new Error(`the package ${name} is not installed: npm ci`); // a link to it would be found by nobody
    }
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link, 'junction');
  }
}
