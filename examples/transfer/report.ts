import type { Outcome } from './sender.js';
import { label } from './label.js';

const MEBIBYTE = 1024 * 1024;

/** Prints a table of what has become of the files, in the order in which they finished, and what was wrong. */
export function report(outcomes: readonly Outcome[], seconds: number): void {
  const rows = outcomes.map(({ file, bytes, seconds, error }) => [
    label(file),
    bytes.toLocaleString('en'),
    seconds.toFixed(3),
    error === undefined ? 'matches' : 'failed',
  ]);
  console.log(`\n${table([['file', 'bytes', 'seconds', 'SHA-256'], ...rows])}\n`);

  const arrived = outcomes.filter(({ error }) => error === undefined);
  const bytes = arrived.reduce((sum, outcome) => sum + outcome.bytes, 0);
  const rate = bytes / MEBIBYTE / seconds;
  console.log(
    `${arrived.length} of ${outcomes.length} files, ${bytes.toLocaleString('en')} bytes` +
      ` in ${seconds.toFixed(3)} s: ${rate.toFixed(1)} MiB/s`,
  );

  for (const { file, error } of outcomes) {
    if (error !== undefined) {
      console.error(`${file.path}: ${reason(error)}`);
    }
  }
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return rows.map(line).join('\n');
}

/** An error's message, and the message of the error behind it. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause === undefined ? error.message : `${error.message}: ${reason(error.cause)}`;
}
