import type { Case, Task } from './case.js';
import { delivery } from './delivery.js';
import { measure } from './measure.js';
import type { Options } from './options.js';
import { peers } from './peers/index.js';
import { workloads } from './workloads/index.js';
import type { Measured, Workload } from './workloads/workload.js';

/** That a peer with channels proves its delivery with. */
const CHANNELS = 10;

/** Lets every peer prove that it delivers. */
export async function admit(names: readonly string[], progress: (text: string) => void): Promise<void> {
  for (const peer of names) {
    progress(`delivery ${peer}`);
    const value = peers.get(peer)?.hasChannels ? CHANNELS : 1;
    const delivered = await measure({ workload: delivery.name, value, peer, ...delivery.time });
    if (delivered === undefined) {
      throw new Error(`${peer} does not deliver all bytes`);
    }
  }
}

/**
 * Measures all cases, round by round, so that what else the machine does meanwhile hits everybody alike.
 *
 * A case that takes too long is not tried again.
 */
export async function run(
  options: Options,
  progress: (text: string) => void,
): Promise<Map<Case, (Measured | undefined)[]>> {
  const measured = new Map<Task, (Measured | undefined)[]>(tasks(options).map((task) => [task, []]));
  const total = options.rounds * measured.size;
  let done = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [task, rounds] of measured) {
      done += 1;
      progress(`${done}/${total} ${task.workload} ${task.value} ${task.peer}`);
      rounds.push(rounds.includes(undefined) ? undefined : await measure(task));
    }
  }
  return measured;
}

const tasks = (options: Options): Task[] =>
  workloads
    .filter(({ name }) => options.workloads.includes(name))
    .flatMap((workload) =>
      inOrder(workload, options.values ?? workload.parameter.values, options.peers)
        .filter(({ value, peer }) => workload.channels(value) === 1 || peers.get(peer)?.hasChannels)
        .map((one) => ({
          workload: workload.name,
          ...one,
          warmUpSeconds: workload.time.warmUpSeconds,
          seconds: options.seconds ?? workload.time.seconds,
        })),
    );

/** What is compared is measured in a row: all peers, or all values of the same peer. */
function inOrder({ figures }: Workload, values: readonly number[], names: readonly string[]) {
  const ofItself = figures.some(({ comparedWith }) => comparedWith.includes('itself'));
  return ofItself
    ? names.flatMap((peer) => values.map((value) => ({ value, peer })))
    : values.flatMap((value) => names.map((peer) => ({ value, peer })));
}
