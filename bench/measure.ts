import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Task } from './case.js';
import { OWN_NETWORK } from './network.js';
import type { Measured, Outcome } from './workloads/workload.js';

const CHILD = fileURLToPath(new URL('child.js', import.meta.url));

/**
 * Without the second one V8 decides by what it finds at one collection, that of the first hundred channels, where literals
 * of a place in the code are made from then on: in the old generation, perhaps. There a dead one keeps all that it holds, and
 * that is moved and moved again. It is chance whether that collection comes while all of them are open, and channels per
 * second are half as many where it does, with any peer.
 */
const FLAGS = ['--expose-gc', '--no-allocation-site-pretenuring'];

/** Seconds that a child may take for opening its channels, or for what keeps it from looking at the clock. */
const PATIENCE = 10;

/** Runs a task in a process of its own, which says on the console what it failed of. */
export function measure(task: Task): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { prefix, env } = task.ownNetwork ? OWN_NETWORK : { prefix: [], env: {} };
    const node = [process.execPath, ...FLAGS, CHILD, JSON.stringify(task)];
    const [command = '', ...args] = [...prefix, ...node];
    const child = spawn(command, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // Peers use what Node has deprecated; the report is no place to say so.
      env: { ...process.env, ...env, NODE_NO_WARNINGS: '1' },
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
