import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Case } from './case.js';
import { measure } from './measure.js';
import { peers } from './peers/index.js';
import { type Result, summarize, tables } from './report.js';
import { workloads } from './workloads/index.js';

const HELP = `Compares rxmux with a raw socket and with other multiplexers, over loopback TCP.

  npm run bench -- [options]

  --only NAMES     workloads, comma-separated: ${workloads.map(({ name }) => name).join(', ')}
  --peers NAMES    comma-separated: ${[...peers.keys()].join(', ')}
  --channels N     numbers of channels, comma-separated, instead of the workloads' own
  --rounds N       measurements of each, of which the median counts (default 5)
  --seconds S      time of one measurement (default 1)
  --json FILE      write the results to FILE, too
  --help
`;

/** These have no channels: what they do over one connection is the measure for any number of channels. */
const WITHOUT_CHANNELS = new Set(['raw', 'frame-stream']);

const WARM_UP_SECONDS = 0.4;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    peers: { type: 'string' },
    channels: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  await main();
}

async function main(): Promise<void> {
  const rounds = positive('rounds', options.rounds);
  const seconds = positive('seconds', options.seconds);
  const cases = chosenCases();
  const rates = new Map<Case, (number | undefined)[]>(cases.map((case_) => [case_, []]));
  const total = rounds * cases.length;
  let done = 0;
  // Round by round, so that what else the machine does meanwhile hits everybody alike.
  for (let round = 1; round <= rounds; round += 1) {
    for (const [case_, ofCase] of rates) {
      done += 1;
      progress(`${done}/${total} ${case_.workload} ${case_.channels} ${case_.peer}`);
      ofCase.push(await measure({ ...case_, warmUpSeconds: WARM_UP_SECONDS, seconds }));
    }
  }
  progress('');
  const results = summarize(rates);
  console.log(`Node ${process.version}, ${machine()}, median of ${rounds} × ${seconds} s\n`);
  console.log(tables(results));
  if (options.json !== undefined) {
    writeJson(options.json, { rounds, seconds, results });
  }
}

function chosenCases(): Case[] {
  const peerNames = chosen('peers', options.peers, [...peers.keys()]);
  const names = chosen(
    'only',
    options.only,
    workloads.map(({ name }) => name),
  );
  const counts = options.channels?.split(',').map((count) => positive('channels', count));
  return workloads
    .filter(({ name }) => names.includes(name))
    .flatMap(({ name: workload, channels: own }) =>
      (counts ?? own).flatMap((channels, index) =>
        peerNames
          .filter((peer) => index === 0 || !WITHOUT_CHANNELS.has(peer))
          .map((peer) => ({ workload, channels: WITHOUT_CHANNELS.has(peer) ? 1 : channels, peer })),
      ),
    );
}

function chosen(option: string, given: string | undefined, all: readonly string[]): readonly string[] {
  const names = given?.split(',') ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`--${option} takes ${all.join(', ')}; got ${unknown}`);
  }
  return names;
}

function positive(option: string, given: string): number {
  const number = Number(given);
  if (!(number > 0 && Number.isFinite(number))) {
    throw new RangeError(`--${option} takes a number above 0; got ${given}`);
  }
  return number;
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

function writeJson(
  file: string,
  report: { rounds: number; seconds: number; results: readonly Result[] },
): void {
  const environment = { date: new Date().toISOString(), node: process.version, machine: machine() };
  writeFileSync(file, `${JSON.stringify({ ...environment, ...report }, undefined, 2)}\n`);
}
