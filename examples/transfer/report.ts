import { label } from './label.js';
import type { Outcome, SourceFile } from './sender.js';

const MEBIBYTE = 1024 * 1024;

/** Files that have a row of their own in the table. All others share one. */
const OWN_ROWS = 8;

/** Says what will be shown. */
export function announce(files: readonly SourceFile[]): void {
  console.log(
    `Sends ${files.length} files to another process, each on a channel of its own, over one TCP connection at a time.\n` +
      'The largest of several is left unread until all others have arrived: none of them waits for it.\n' +
      'The connection is cut twice in mid-transfer: every byte arrives all the same, and every SHA-256 matches.',
  );
}

/**
 * Prints a table of what has become of the files, in the order in which they finished, and what was wrong.
 *
 * @param gaps - for how many milliseconds there was no connection, each time
 */
export function report(outcomes: readonly Outcome[], seconds: number, gaps: readonly number[]): void {
  console.log(`\n${table([['file', 'bytes', 'seconds', 'SHA-256'], ...rowsOf(outcomes)])}\n`);

  const arrived = outcomes.filter(({ error }) => error === undefined);
  const bytes = arrived.reduce((sum, outcome) => sum + outcome.bytes, 0);
  const rate = bytes / MEBIBYTE / seconds;
  console.log(
    `${arrived.length} of ${outcomes.length} files, ${bytes.toLocaleString('en')} bytes` +
      ` in ${seconds.toFixed(3)} s: ${rate.toFixed(1)} MiB/s`,
  );

  const times = gaps.map((gap) => gap.toFixed(0)).join(' and ');
  console.log(
    `the connection was cut ${gaps.length} times${gaps.length > 0 ? `, and came back after ${times} ms` : ''}`,
  );

  for (const { file, error } of outcomes) {
    if (error !== undefined) {
      console.error(`${file.path}: ${reason(error)}`);
    }
  }
}

/** The largest files have a row each, and the others one together, where the last of them has finished. */
function rowsOf(outcomes: readonly Outcome[]): string[][] {
  const bySize = outcomes.toSorted(
    (a, b) => Number(b.file.isHeldBack) - Number(a.file.isHeldBack) || b.file.size - a.file.size,
  );
  const others = new Set(bySize.length > OWN_ROWS + 1 ? bySize.slice(OWN_ROWS) : []);
  const lastOther = outcomes.findLast((outcome) => others.has(outcome));
  return outcomes
    .filter((outcome) => !others.has(outcome) || outcome === lastOther)
    .map((outcome) =>
      outcome === lastOther
        ? row(`${others.size} smaller files`, [...others])
        : row(label(outcome.file), [outcome]),
    );
}

function row(name: string, outcomes: readonly Outcome[]): string[] {
  const failed = outcomes.filter(({ error }) => error !== undefined).length;
  const one = failed === 1 && outcomes.length === 1;
  return [
    name,
    outcomes.reduce((sum, { bytes }) => sum + bytes, 0).toLocaleString('en'),
    Math.max(...outcomes.map(({ seconds }) => seconds)).toFixed(3),
    failed === 0 ? 'matches' : one ? 'failed' : `${failed} failed`,
  ];
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
