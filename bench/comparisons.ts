import { peers } from './peers/index.js';
import type { Result } from './results.js';
import type { Figure, Workload } from './workloads/workload.js';

/** A case's figure, set in relation to another one. */
export interface Comparison {
  /** What it is a multiple of. */
  readonly base: string;
  readonly times: number;
}

/**
 * Sets one case's figure in relation to others': those of other peers for the same value, and its own for the first.
 * A peer without channels is the measure for any number of them.
 */
export function compare(
  { parameter }: Workload,
  { name, comparedWith }: Figure,
  result: Result,
  all: readonly Result[],
): Comparison[] {
  const figureOf = (peer: string, value: number | undefined) =>
    all.find((one) => one.workload === result.workload && one.peer === peer && one.value === value)?.median?.[
      name
    ];
  const own = figureOf(result.peer, result.value);
  const first = parameter.values[0];
  return comparedWith.flatMap((other) => {
    const isItself = other === 'itself';
    const base = isItself
      ? figureOf(result.peer, first)
      : figureOf(other, peers.get(other)?.hasChannels === false ? first : result.value);
    if (own === undefined || base === undefined || (isItself && result.value === first)) {
      return [];
    }
    return [{ base: isItself ? parameter.label(first ?? NaN) : other, times: own / base }];
  });
}
