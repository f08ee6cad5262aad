import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

/** Programs in processes of their own, on the built package: those beside this file. */
export class Programs {
  readonly #folder: string;
  readonly #running = new Set<ChildProcess>();

  constructor() {
    mkdirSync(resolve('build'), { recursive: true });
    this.#folder = mkdtempSync(resolve('build', 'resume-')); // within the package, so that they can import it
  }

  /** Starts one. Fulfilled when it says that it is ready. */
  async start(name: string, ...args: (string | number)[]): Promise<ChildProcess> {
    const child = this.spawn([], name, ...args);
    await once(child, 'message');
    return child;
  }

  /** @param prefix - what comes before the command */
  spawn(prefix: readonly string[], name: string, ...args: (string | number)[]): ChildProcess {
    const { outputText } = ts.transpileModule(
      readFileSync(join(__dirname, 'programs', `${name}.ts`), 'utf8'),
      {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      },
    );
    const file = join(this.#folder, `${name}.js`);
    writeFileSync(file, outputText);
    const [command = '', ...rest] = [...prefix, process.execPath, file, ...args.map(String)];
    const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#running.add(child);
    return child;
  }

  /** Kills one, without a word, and waits until it is gone. */
  async kill(child: ChildProcess): Promise<void> {
    this.#running.delete(child);
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.kill(child)));
    rmSync(this.#folder, { recursive: true });
  }
}
