import { compare, inTimes } from './comparisons.js';
import { inWords, type Result } from './results.js';
import type { Figure, Workload } from './workloads/workload.js';

/** The results of a workload as text: a table for each of its figures. */
export const tables = (workload: Workload, results: readonly Result[]): string =>
  [
    ...workload.figures.map((figure) => table(workload, figure, results)),
    ...noteOf(workload, results).map((note) => `${note}\n`),
  ].join('\n');

/** What has to be known of how the results came about, if anything. */
export const noteOf = ({ note }: Workload, results: readonly Result[]): string[] =>
  note === undefined ? [] : [note(results.map(({ median }) => median))];

function table(workload: Workload, figure: Figure, results: readonly Result[]): string {
  const values = [...new Set(results.map(({ value }) => value))].sort((a, b) => a - b);
  const names = [...new Set(results.map(({ peer }) => peer))];
  const cells = results.map((result) => ({
    ...result,
    text: inWords(result.median, figure.name),
    comparisons: compare(workload, figure, result, results),
  }));
  const columns = values.flatMap((value) => {
    const ofValue = cells.filter((cell) => cell.value === value);
    const bases = [...new Set(ofValue.flatMap(({ comparisons }) => comparisons.map(({ base }) => base)))];
    const column = (head: string, text: (cell: (typeof cells)[number]) => string | undefined) => [
      head,
      ...names.map((name) => {
        const cell = ofValue.find(({ peer }) => peer === name);
        return (cell && text(cell)) ?? '';
      }),
    ];
    return [
      column(workload.parameter.label(value), ({ text }) => text),
      ...bases.map((base) =>
        column(`× ${base}`, ({ comparisons }) => {
          const times = comparisons.find((one) => one.base === base)?.times;
          return times === undefined ? undefined : inTimes(times);
        }),
      ),
    ];
  });
  const { title, unit, better } = figure;
  return `${workload.title}\n${title}, ${unit} (${better} is better)\n\n${aligned([['peer', ...names], ...columns])}\n`;
}

/** The first column to the left, all others to the right. */
function aligned(columns: readonly (readonly string[])[]): string {
  const padded = columns.map((cells, index) => {
    const width = Math.max(...cells.map(({ length }) => length));
    return cells.map((cell) => (index === 0 ? cell.padEnd(width) : cell.padStart(width)));
  });
  const [first = []] = padded;
  return first
    .map((_, row) =>
      padded
        .map((cells) => cells[row])
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
