/** What a program prints that has things come and go. */
export interface Report {
  /** How many came and went between two samples. */
  readonly perSample: number;
  /** How many came and went in a second. */
  readonly perSecond: number;
  /** Bytes retained. */
  readonly samples: readonly number[];
}

/** Bytes by which the memory has grown for each one that came and went. A sample or two may be off. */
export function growth({ perSample, samples }: Report): number {
  const third = Math.floor(samples.length / 3);
  const between = samples.length - third; // from the middle of the first third to the middle of the last
  return (median(samples.slice(-third)) - median(samples.slice(0, third))) / (between * perSample);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? NaN) + (sorted[sorted.length >> 1] ?? NaN)) / 2;
}
