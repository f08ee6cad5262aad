import './held.js';
import { callers } from './callers/index.js';
import type { Task } from './case.js';
import { natsPeers } from './nats/index.js';
import { startNatsServer } from './nats/nats-server.js';
import { peers } from './peers/index.js';
import { delivery } from './delivery.js';
import { workloads } from './workloads/index.js';
import type {
  CallWorkload,
  ChannelWorkload,
  Measured,
  NatsWorkload,
  Workload,
} from './workloads/workload.js';

/**
 * Does one task, given as JSON on the command line, and reports what was measured to the parent process; or to the
 * console where there is none, as in
 * `node --cpu-prof build/bench/child.js '{"workload":"bulk","value":10,"peer":"rxmux","warmUpSeconds":1,"seconds":5}'`.
 */
const task = JSON.parse(process.argv[2] ?? '') as Task;
const workload = [delivery, ...workloads].find(({ name }) => name === task.workload);
const measured = await run(workload);
if (process.send === undefined) {
  console.log(measured);
  process.exit();
} else {
  // Nothing is taken down: the connection is in full swing, and goes with the process.
  process.send(measured, () => process.exit());
}

function run(given: Workload | undefined): Promise<Measured> {
  if (given?.uses === undefined) {
    return inChannels(given);
  }
  return given.uses === 'nats' ? overNats(given) : inCalls(given);
}

async function inChannels(workload: ChannelWorkload | undefined): Promise<Measured> {
  const candidate = peers.get(task.peer) ?? unknownTask();
  const { hasChannels } = candidate;
  return (workload ?? unknownTask()).run(await candidate.load(), { ...task, hasChannels });
}

async function inCalls(workload: CallWorkload): Promise<Measured> {
  return workload.run(await (callers.get(task.peer) ?? unknownTask()).load(), task);
}

async function overNats(workload: NatsWorkload): Promise<Measured> {
  const peer = await (natsPeers.get(task.peer) ?? unknownTask()).load();
  return workload.run(await peer.connect(await startNatsServer()), task);
}

function unknownTask(): never {
  throw new RangeError(`no such task: ${process.argv[2] ?? ''}`);
}
