import type { Case } from './case.js';
import { format } from './format.js';
import { median } from './median.js';
import type { Outcome } from './workloads/workload.js';

/** What the rounds of one case came to. */
export interface Result extends Case {
  /** Medians of the figures; or why there are none, where most rounds have none. */
  readonly median: Outcome;
  /** Round by round. */
  readonly rounds: readonly Outcome[];
}

/** Takes the medians. */
export const summarize = (rounds: ReadonlyMap<Case, readonly Outcome[]>): Result[] =>
  [...rounds].map(([case_, ofCase]) => ({ ...case_, median: medians(ofCase), rounds: ofCase }));

function medians(rounds: readonly Outcome[]): Outcome {
  const measured = rounds.filter((round) => typeof round === 'object');
  const without = rounds.filter((round) => typeof round === 'string');
  const [first] = measured;
  const [reason] = without;
  if (first === undefined || (reason !== undefined && without.length >= measured.length)) {
    return reason ?? 'failed';
  }
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, median(measured.map((round) => round[name] ?? NaN))]),
  );
}

/** A figure's value, if the outcome has one. */
export const valueOf = (outcome: Outcome | undefined, figure: string): number | undefined =>
  typeof outcome === 'object' ? outcome[figure] : undefined;

/** The same in words: a number, or why there is none. */
export function inWords(outcome: Outcome, figure: string): string {
  if (typeof outcome === 'string') {
    return outcome;
  }
  const value = outcome[figure];
  return value === undefined ? '' : format(value);
}
