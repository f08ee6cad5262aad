import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const run = promisify(execFile);

/**
 * Lets garbage be collected on demand, and keeps the engine from compiling what is often run: code is on the heap as
 * well, comes and goes as the engine pleases, and takes more memory than a small leak.
 */
const FLAGS = ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-flush-bytecode'];

/**
 * Runs one of the programs beside this file, on the built package, in a process of its own: what tests and their
 * runner keep alive would be in the way. The program must end by itself.
 *
 * @param timeout - milliseconds after which it is killed, which is an error
 * @param flags - of the process
 * @returns what the program has printed, as JSON
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  timeout: number,
  flags: readonly string[] = FLAGS,
): Promise<unknown> {
  await mkdir(resolve('build'), { recursive: true });
  const folder = await mkdtemp(resolve('build', 'resources-')); // within the package, so that it can import itself
  try {
    const sources = join(__dirname, 'programs');
    for (const file of await readdir(sources)) {
      const { outputText } = ts.transpileModule(await readFile(join(sources, file), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      await writeFile(join(folder, `${basename(file, '.ts')}.js`), outputText);
    }
    const program = join(folder, `${name}.js`);
    const { stdout } = await run(process.execPath, [...flags, program, ...args], { timeout });
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}
