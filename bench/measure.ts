import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Task } from './case.js';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));

/** Seconds that a child may take for opening its channels, or for what keeps it from looking at the clock. */
const PATIENCE = 10;

/** Runs a task in a process of its own. Resolves to the rate, or to `undefined` where the process took too long. */
export function measure(task: Task): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    // Peers use what Node has deprecated; the report is no place to say so.
    const child = fork(CHILD, [JSON.stringify(task)], {
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    let rate: number | undefined;
    let isTooSlow = false;
    const timer = setTimeout(
      () => {
        isTooSlow = true;
        child.kill('SIGKILL');
      },
      1000 * (task.warmUpSeconds + task.seconds + PATIENCE),
    );
    child.on('message', (message) => {
      rate = message as number;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (rate === undefined && !isTooSlow) {
        reject(new Error(`${task.peer} failed at ${task.workload}: exit code ${code ?? 'none'}`));
      } else {
        resolve(rate);
      }
    });
  });
}
