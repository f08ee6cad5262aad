import type { Task } from './case.js';
import { peers } from './peers/index.js';
import { delivery } from './delivery.js';
import { workloads } from './workloads/index.js';

/**
 * Does one task, given as JSON on the command line, and reports what was measured to the parent process; or to the
 * console where there is none, as in
 * `node --cpu-prof build/bench/child.js '{"workload":"bulk","value":10,"peer":"rxmux","warmUpSeconds":1,"seconds":5}'`.
 */
const task = JSON.parse(process.argv[2] ?? '') as Task;
const workload = [delivery, ...workloads].find(({ name }) => name === task.workload);
const candidate = peers.get(task.peer);
const peer = await candidate?.load();
if (workload === undefined || candidate === undefined || peer === undefined) {
  throw new RangeError(`no such task: ${process.argv[2] ?? ''}`);
}
const measured = await workload.run(peer, { ...task, hasChannels: candidate.hasChannels });
if (process.send === undefined) {
  console.log(measured);
  process.exit();
} else {
  // Nothing is taken down: the connection is in full swing, and goes with the process.
  process.send(measured, () => process.exit());
}
