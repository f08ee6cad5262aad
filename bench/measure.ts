import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Task } from './case.js';
import type { Measured, Outcome } from './workloads/workload.js';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));

/** Seconds that a child may take for opening its channels, or for what keeps it from looking at the clock. */
const PATIENCE = 10;

/** Runs a task in a process of its own, which says on the console what it failed of. */
export function measure(task: Task): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [JSON.stringify(task)], {
      execArgv: ['--expose-gc'],
      // Peers use what Node has deprecated; the report is no place to say so.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    let outcome: Outcome = 'failed';
    const timer = setTimeout(
      () => {
        outcome = 'too slow';
        child.kill('SIGKILL');
      },
      1000 * (task.warmUpSeconds + task.seconds + PATIENCE),
    );
    child.on('message', (message) => {
      outcome = message as Measured;
    });
    child.on('error', reject);
    child.on('exit', () => {
      clearTimeout(timer);
      resolve(outcome);
    });
  });
}
