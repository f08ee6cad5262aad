import type { Case } from './case.js';
import { median } from './median.js';
import type { Measured } from './workloads/workload.js';

/** What the rounds of one case came to. */
export interface Result extends Case {
  /** Medians of the figures; `null` where most rounds took too long and were given up. */
  readonly median: Measured | null;
  /** Round by round. */
  readonly rounds: readonly (Measured | null)[];
}

/** Takes the medians. A round that took too long counts as worse than any other. */
export function summarize(rounds: ReadonlyMap<Case, readonly (Measured | undefined)[]>): Result[] {
  return [...rounds].map(([case_, ofCase]) => ({
    ...case_,
    median: medians(ofCase),
    rounds: ofCase.map((round) => round ?? null),
  }));
}

function medians(rounds: readonly (Measured | undefined)[]): Measured | null {
  const done = rounds.filter((round) => round !== undefined);
  const [first] = done;
  if (first === undefined || done.length <= rounds.length / 2) {
    return null;
  }
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, median(done.map((round) => round[name] ?? NaN))]),
  );
}
