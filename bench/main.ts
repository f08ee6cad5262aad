import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { readOptions, type Options } from './options.js';
import { summarize } from './results.js';
import { admit, run } from './run.js';
import { tables } from './tables.js';
import { workloads } from './workloads/index.js';

const options = readOptions();
if (typeof options === 'string') {
  console.log(options);
} else {
  await main(options);
}

async function main({ json, ...options }: Options): Promise<void> {
  const { rounds } = options;
  await admit(options.peers, progress);
  const results = summarize(await run({ json, ...options }, progress));
  progress('');
  const environment = { date: new Date().toISOString(), node: process.version, machine: machine(), rounds };
  console.log(`Node ${environment.node}, ${environment.machine}, medians of ${rounds} rounds\n`);
  for (const workload of workloads) {
    const ofWorkload = results.filter((result) => result.workload === workload.name);
    if (ofWorkload.length > 0) {
      console.log(tables(workload, ofWorkload));
    }
  }
  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify({ ...environment, results }, undefined, 2)}\n`);
  }
}

/** Shows where we are, on a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${text}`);
  }
}

function machine(): string {
  const processors = cpus();
  return `${process.platform} ${process.arch}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`;
}
