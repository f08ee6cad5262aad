import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** How a program ended, and what it printed. */
export interface Run {
  readonly status: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run an example. */
export interface RunOptions {
  readonly args?: readonly string[];
  /** Environment variables besides those of the tests. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets the process as soon as it has been started. */
  readonly onStart?: (process: ChildProcess) => void;
}

/** Milliseconds after which an example that has not ended is killed. */
const RUN_TIMEOUT = 60_000;

/** For jest, so that what the killed example has printed is seen. */
export const TEST_TIMEOUT = RUN_TIMEOUT + 5_000;

/** Runs a built example to its end. A status that is not 0 is no error. */
export function runExample(name: string, { args = [], env, onStart }: RunOptions = {}): Promise<Run> {
  const program = resolve('build/examples', name, 'main.js');
  return new Promise((done, fail) => {
    if (!existsSync(program)) {
      fail(new Error(`${program} is missing: run npm run build && npm run build:examples`));
      return;
    }
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, ...env }, timeout: RUN_TIMEOUT, maxBuffer: Infinity },
      (error, stdout, stderr) => {
        done({ status: error === null ? 0 : error.code, stdout, stderr });
      },
    );
    onStart?.(child);
  });
}
