import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The example of Primus, as a process. */
export interface PrimusExample {
  readonly url: string;
  /** What it has printed since it said its URL. */
  readonly lines: readonly string[];
  /** Fulfilled when it prints this. */
  readonly printed: (line: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts the built example. */
export async function startPrimusExample(): Promise<PrimusExample> {
  const program = resolve('build/examples/primus/main.js');
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: run npm run build && npm run build:examples`);
  }
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const output = createInterface(child.stdout);
  const [first] = (await once(output, 'line')) as [string];
  const url = /http:\S+/.exec(first)?.[0];
  if (url === undefined) {
    throw new Error(`no URL in ${first}`);
  }
  const lines: string[] = [];
  output.on('line', (line) => lines.push(line));
  return {
    url,
    lines,
    printed: (line) =>
      new Promise((done) => {
        const look = (): void => {
          if (lines.includes(line)) {
            output.off('line', look);
            done();
          }
        };
        output.on('line', look);
        look();
      }),
    stop: async () => {
      child.kill();
      await exit;
    },
  };
}
