import { median } from './median.js';
import { peers } from './peers/index.js';
import type { Result } from './results.js';
import type { Figure, Workload } from './workloads/workload.js';

/** A case's figure, set in relation to another one. */
export interface Comparison {
  /** What it is a multiple of. */
  readonly base: string;
  /** The median of what the rounds say, each for itself: what else the machine did in a round slowed down both. */
  readonly times: number;
}

/**
 * Sets one case's figure in relation to others', as the figure wants it. A peer without channels is the measure for any
 * number of them.
 */
export function compare(
  { parameter }: Workload,
  { name, comparedWith }: Figure,
  result: Result,
  all: readonly Result[],
): Comparison[] {
  const [first] = parameter.values;
  const ratio = (base: string, peer: string, value: number | undefined): Comparison[] => {
    const other = all.find((one) => one.peer === peer && one.value === value);
    const quotients = result.rounds.flatMap((round, index) => {
      const [own, others] = [round?.[name], other?.rounds[index]?.[name]];
      return own === undefined || others === undefined ? [] : [own / others];
    });
    return quotients.length === 0 ? [] : [{ base, times: median(quotients) }];
  };
  if (comparedWith.includes('itself') && result.value !== first && first !== undefined) {
    return ratio(parameter.label(first), result.peer, first);
  }
  return comparedWith
    .filter((other) => other !== 'itself')
    .flatMap((peer) => ratio(peer, peer, peers.get(peer)?.hasChannels ? result.value : first));
}
