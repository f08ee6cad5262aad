import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Result } from './results.js';

/** The results of a run, and where they come from. It is what the JSON file holds. */
export interface Report {
  readonly date: string;
  readonly node: string;
  readonly machine: string;
  readonly rounds: number;
  readonly results: readonly Result[];
}

/** A report of results measured here and now. */
export const report = (rounds: number, results: readonly Result[]): Report => ({
  date: new Date().toISOString(),
  node: process.version,
  machine: machine(),
  rounds,
  results,
});

/** Where the results come from, in a line. */
export const origin = ({ date, node, machine, rounds }: Report): string =>
  `${date.slice(0, 10)}, Node ${node}, ${machine}, ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}`;

export const readReport = (file: string): Report => JSON.parse(readFileSync(file, 'utf8')) as Report;

export function writeReport(file: string, report: Report): void {
  writeFileSync(file, `${JSON.stringify(report, inSixDigits, 1)}\n`);
}

const inSixDigits = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

function machine(): string {
  const processors = cpus();
  return `${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`;
}
