import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packed } from './packed.js';

const root = join(__dirname, '..', '..');
const execute = promisify(execFile);

/** A small project in a folder of its own, with the package as npm packs it, and RxJS. */
export class Project {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'rxmux-project-')));
    await project.unpack('node_modules/rxmux');
    await project.link('rxjs', join(root, 'node_modules/rxjs'));
    await project.write('package.json', '{ "private": true }');
    return project;
  }

  /** Puts a copy of the package into a folder. */
  async unpack(folder: string): Promise<void> {
    const to = join(this.folder, folder);
    await mkdir(to, { recursive: true });
    const tarball = await packed();
    await execute('tar', ['--extract', '--file', tarball, '--directory', to, '--strip-components', '1']);
  }

  /** Has `import 'name'` find a package that is installed elsewhere. */
  async link(name: string, target: string): Promise<void> {
    const link = join(this.folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link, 'junction');
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, name)), { recursive: true });
    await writeFile(join(this.folder, name), text);
  }

  /** Runs a program of Node's in the project. What it printed; also, where it fails, on the error output. */
  async run(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await execute(process.execPath, args, {
      cwd: this.folder,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => error as { stdout: string; stderr: string });
    return stdout + stderr;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
