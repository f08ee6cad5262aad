import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Task } from './case.js';
import type { Measured } from './workloads/workload.js';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));

/** Seconds that a child may take for opening its channels, or for what keeps it from looking at the clock. */
const PATIENCE = 10;

/** Runs a task in a process of its own. Resolves to what it measured, or to `undefined` where it took too long. */
export function measure(task: Task): Promise<Measured | undefined> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(task)], {
      execArgv: ['--expose-gc'],
      // Peers use what Node has deprecated; the report is no place to say so.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    let measured: Measured | undefined;
    let isTooSlow = false;
    const timer = setTimeout(
      () => {
        isTooSlow = true;
        child.kill('SIGKILL');
      },
      1000 * (task.warmUpSeconds + task.seconds + PATIENCE),
    );
    child.on('message', (message) => {
      measured = message as Measured;
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      if (measured === undefined && !isTooSlow) {
        reject(new Error(`${task.peer} failed at ${task.workload}: exit code ${code ?? 'none'}`));
      } else {
        resolve(measured);
      }
    });
  });
}
