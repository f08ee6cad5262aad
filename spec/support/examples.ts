import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { linkPackages } from './link-packages.js';

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

/** The packages that code imports, without those of Node. */
const packagesOf = (code: string): string[] =>
  ts
    .preProcessFile(code)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);

/**
 * Puts examples into a folder where `rxmux` is the built package, with the packages that they import, and compiles them,
 * all in one go.
 */
export async function compile(examples: readonly Example[]): Promise<Compiled> {
  if (!existsSync(join(root, 'dist', 'esm', 'index.js'))) {
    throw new Error('dist is missing, and the examples are to run with the built package: npm run build');
  }
  const folder = await mkdtemp(join(tmpdir(), 'rxmux-examples-'));
  await linkPackages(folder, ['@types/node', ...examples.flatMap(({ code }) => packagesOf(code))]);
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
