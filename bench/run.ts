import { callers } from './callers/index.js';
import type { Case, Task } from './case.js';
import { delivery } from './delivery.js';
import { measure } from './measure.js';
import { natsPeers } from './nats/index.js';
import { canHaveOwnNetwork } from './network.js';
import type { Options } from './options.js';
import { peers } from './peers/index.js';
import { workloads } from './workloads/index.js';
import type { Outcome, Workload } from './workloads/workload.js';

/** That a peer with channels proves its delivery with. */
const CHANNELS = 10;

/** Lets every peer prove that it delivers. (Callers do while they are measured: each answer and value is looked at.) */
export async function admit(options: Options, progress: (text: string) => void): Promise<void> {
  const chosen = workloads.filter(({ name }) => options.workloads.includes(name));
  const names = options.peers.filter((peer) => peers.has(peer));
  for (const peer of chosen.some(({ uses }) => uses === undefined) ? names : []) {
    progress(`delivery ${peer}`);
    const value = peers.get(peer)?.hasChannels ? CHANNELS : 1;
    const delivered = await measure({
      workload: delivery.name,
      value,
      peer,
      ...delivery.time,
      ownNetwork: false,
    });
    if (typeof delivered === 'string') {
      throw new Error(`${peer} does not deliver all bytes`);
    }
  }
}

/**
 * Measures all cases, round by round, so that what else the machine does meanwhile hits everybody alike.
 *
 * A case that takes too long is not tried again.
 */
export async function run(options: Options, progress: (text: string) => void): Promise<Map<Case, Outcome[]>> {
  const measured = new Map<Task, Outcome[]>(tasks(options).map((task) => [task, []]));
  const total = options.rounds * measured.size;
  let done = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [task, rounds] of measured) {
      done += 1;
      progress(`${done}/${total} ${task.workload} ${task.value} ${task.peer}`);
      rounds.push(rounds.includes('too slow') ? 'too slow' : await measure(task));
    }
  }
  return measured;
}

const tasks = (options: Options): Task[] =>
  workloads
    .filter(({ name, lacks }) => options.workloads.includes(name) && lacks?.() === undefined)
    .flatMap((workload) =>
      inOrder(workload, options).map((one) => ({
        workload: workload.name,
        ...one,
        warmUpSeconds: workload.time.warmUpSeconds,
        seconds: options.seconds ?? workload.time.seconds,
        ownNetwork: workload.ownNetwork === true && canHaveOwnNetwork(),
      })),
    );

/** What is compared is measured in a row: all peers, or all values of the same peer. */
function inOrder(workload: Workload, options: Options) {
  const cases = namesFor(workload, options.peers).flatMap((peer) =>
    valuesOf(workload, peer, options).map((value) => ({ value, peer })),
  );
  const ofItself = workload.figures.some(({ comparedWith }) => comparedWith.includes('itself'));
  return ofItself ? cases : cases.sort((one, other) => one.value - other.value);
}

/** Those who can do the workload. */
function namesFor(workload: Workload, names: readonly string[]): readonly string[] {
  const { uses } = workload;
  if (uses === undefined) {
    return names.filter((name) => peers.has(name) && (peers.get(name)?.survives ?? !workload.survivorsOnly));
  }
  return uses === 'nats'
    ? names.filter((name) => natsPeers.has(name))
    : names.filter((name) => callers.has(name) && callers.get(name)?.lacks !== uses);
}

/** Peers without channels do what takes one, so that others can be compared with that. */
function valuesOf(workload: Workload, peer: string, { values }: Options): readonly number[] {
  const { parameter } = workload;
  if (workload.uses !== undefined || peers.get(peer)?.hasChannels) {
    return values ?? parameter.values;
  }
  const own = parameter.values.filter((value) => workload.channels(value) === 1);
  const wanted = own.filter((value) => values?.includes(value) ?? true);
  return wanted.length > 0 ? wanted : own.slice(0, 1);
}
