import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './charts/index.js';
import { type Options, readOptions } from './options.js';
import { origin, readReport, type Report, report, writeReport } from './report.js';
import { summarize } from './results.js';
import { admit, run } from './run.js';
import { noteOf, tables } from './tables.js';
import { workloads } from './workloads/index.js';

const options = readOptions();
if (typeof options === 'string') {
  console.log(options);
} else {
  await main(options);
}

async function main(options: Options): Promise<void> {
  const done = options.from === undefined ? await measureAll(options) : readReport(options.from);
  print(done);
  if (options.json !== undefined) {
    writeReport(options.json, done);
  }
  if (options.svg !== undefined) {
    drawAll(options.svg, done);
  }
}

async function measureAll(options: Options): Promise<Report> {
  await admit(options, progress);
  for (const { name, lacks } of workloads.filter((one) => options.workloads.includes(one.name))) {
    const what = lacks?.();
    if (what !== undefined) {
      console.log(`${name} is left out: ${what}`);
    }
  }
  const measured = await run(options, progress);
  progress('');
  return report(options.rounds, summarize(measured));
}

function print(done: Report): void {
  console.log(`${origin(done)}\n`);
  for (const workload of workloads) {
    const results = done.results.filter((result) => result.workload === workload.name);
    if (results.length > 0) {
      console.log(tables(workload, results));
    }
  }
}

/** A file for each figure. */
function drawAll(directory: string, done: Report): void {
  mkdirSync(directory, { recursive: true });
  for (const workload of workloads) {
    const results = done.results.filter((result) => result.workload === workload.name);
    for (const figure of results.length > 0 ? workload.figures : []) {
      const name = workload.figures.length > 1 ? `${workload.name}-${figure.name}` : workload.name;
      const svg = chart({
        workload,
        figure,
        results,
        footnote: [origin(done), ...noteOf(workload, results)].join(' — '),
      });
      writeFileSync(join(directory, `${name}.svg`), `${svg}\n`);
    }
  }
}

/** Shows where we are, on a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text}`);
  }
}
