import { format } from './format.js';
import { median } from './median.js';
import { peers } from './peers/index.js';
import { type Result, valueOf } from './results.js';
import type { Figure, Workload } from './workloads/workload.js';

/** A case's figure, set in relation to another one. */
export interface Comparison {
  /** What it is a multiple of. */
  readonly base: string;
  /** The median of what the rounds say, each for itself: what else the machine did in a round slowed down both. */
  readonly times: number;
}

/** A ratio as text. */
export function inTimes(ratio: number): string {
  if (ratio >= 10) {
    return format(ratio);
  }
  return ratio < 0.1 ? ratio.toPrecision(1) : ratio.toFixed(2);
}

/**
 * Sets one case's figure in relation to others', as the figure wants it. A peer without channels is the measure for any
 * number of them.
 */
export function compare(
  { parameter }: Workload,
  figure: Figure,
  result: Result,
  all: readonly Result[],
): Comparison[] {
  const ratio = (name: string, base: Result | undefined): Comparison[] => {
    const quotients = result.rounds.flatMap((round, index) => {
      const [own, others] = [valueOf(round, figure.name), valueOf(base?.rounds[index], figure.name)];
      return own === undefined || others === undefined ? [] : [own / others];
    });
    return quotients.length === 0 ? [] : [{ base: name, times: median(quotients) }];
  };
  const first = all.find(({ peer }) => peer === result.peer);
  if (figure.comparedWith.includes('itself') && first !== undefined && first !== result) {
    return ratio(parameter.label(first.value), first);
  }
  return figure.comparedWith.flatMap((other) => {
    const ofOther = all.filter(({ peer }) => peer === other);
    const [only] = peers.get(other)?.hasChannels ? [] : ofOther;
    return ratio(other, ofOther.find(({ value }) => value === result.value) ?? only);
  });
}
