import type { Case } from './case.js';
import { workloads } from './workloads/index.js';
import type { Workload } from './workloads/workload.js';

/** What the rounds of one case came to. */
export interface Result extends Case {
  readonly unit: string;
  /** The median; `null` where most measurements took too long and were given up. */
  readonly rate: number | null;
  /** Round by round. */
  readonly rates: readonly (number | null)[];
  /** `rate` by the rate of each of the workload's bases, where that was measured. */
  readonly ratios: Readonly<Record<string, number>>;
}

/** Medians and ratios. */
export function summarize(rates: ReadonlyMap<Case, readonly (number | undefined)[]>): Result[] {
  const medians = [...rates].map(([case_, ofCase]) => ({ case_, ofCase, rate: median(ofCase) }));
  return medians.map(({ case_, ofCase, rate }) => {
    const { unit, bases } = workloadNamed(case_.workload);
    const ratios: Record<string, number> = {};
    for (const name of bases) {
      const base = medians.find(
        (one) => one.case_.workload === case_.workload && one.case_.peer === name,
      )?.rate;
      if (rate !== undefined && base !== undefined) {
        ratios[name] = rate / base;
      }
    }
    return { ...case_, unit, rate: rate ?? null, rates: ofCase.map((one) => one ?? null), ratios };
  });
}

/** The results as text: a table for each workload. */
export function tables(results: readonly Result[]): string {
  return workloads
    .map((workload) =>
      table(
        workload,
        results.filter((result) => result.workload === workload.name),
      ),
    )
    .filter((text) => text !== '')
    .join('\n');
}

function table({ title, unit, bases }: Workload, results: readonly Result[]): string {
  if (results.length === 0) {
    return '';
  }
  const counts = [...new Set(results.map(({ channels }) => channels))].sort((a, b) => a - b);
  const names = [...new Set(results.map(({ peer }) => peer))];
  const of = (peer: string, channels: number) =>
    results.find((result) => result.peer === peer && result.channels === channels);
  const head = [
    'peer',
    ...counts.flatMap((count) => [
      `${count} ${count === 1 ? 'channel' : 'channels'}`,
      ...bases.map((base) => `× ${base}`),
    ]),
  ];
  const rows = names.map((name) => [
    name,
    ...counts.flatMap((count) => {
      const result = of(name, count);
      return [rateText(result), ...bases.map((base) => result?.ratios[base]?.toFixed(2) ?? '')];
    }),
  ]);
  return `${title}, in ${unit}\n\n${aligned([head, ...rows])}\n`;
}

const rateText = (result: Result | undefined): string =>
  result === undefined ? '' : (result.rate?.toLocaleString('en', { maximumFractionDigits: 0 }) ?? 'too slow');

/** The first column to the left, all others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

/** Where a round was too slow to give a rate, it counts as the slowest. */
function median(rates: readonly (number | undefined)[]): number | undefined {
  const sorted = rates.toSorted((a, b) => (a ?? -1) - (b ?? -1));
  return sorted[Math.floor(sorted.length / 2)];
}

function workloadNamed(name: string): Workload {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) {
    throw new RangeError(`no such workload: ${name}`);
  }
  return workload;
}
