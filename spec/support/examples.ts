import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** A program or an example, as a file in the folder where they are compiled. */
export interface Example {
  /** Where it stands. */
  readonly place: string;
  readonly file: string;
  readonly code: string;
}

/** Examples that have been compiled. */
export interface Compiled {
  /** Where they are; what came out is in `out`. */
  readonly folder: string;
  /** What the compiler says of one of them. */
  diagnosticsOf(example: Example): string[];
  remove(): Promise<void>;
}

const root = join(__dirname, '..', '..');

const run = promisify(execFile);

/** Puts examples into a folder where `rxmux` is the built package, and compiles them, all in one go. */
export async function compile(examples: readonly Example[]): Promise<Compiled> {
  if (!existsSync(join(root, 'dist', 'esm', 'index.js'))) {
    throw new Error('dist is missing, and the examples are to run with the built package: npm run build');
  }
  const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  const folder = await mkdtemp(join(tmpdir(), 'rxmux-examples-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules', project.name), 'junction');
  // What programs and tests need that work with the package.
  for (const name of [
    ...Object.keys(project.peerDependencies),
    '@types/node',
    '@types/ws',
    '@jest/globals',
  ]) {
    await mkdir(join(folder, 'node_modules', dirname(name)), { recursive: true });
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    rootDir: '.',
    outDir: 'out',
  };
  const files = examples.map(({ file }) => file);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  for (const { file, code } of examples) {
    await writeFile(join(folder, file), code);
  }
  const tsc = require.resolve('typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '--pretty', 'false'], { cwd: folder }).catch(
    (failure: unknown) => failure as { stdout: string }, // it exits with an error where there are some
  );
  const diagnostics = stdout.split('\n').filter((line) => line !== '');
  return {
    folder,
    diagnosticsOf: ({ file }) => diagnostics.filter((line) => line.startsWith(file)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
