import { parseArgs } from 'node:util';
import { callers } from './callers/index.js';
import { natsPeers } from './nats/index.js';
import { peers } from './peers/index.js';
import { workloads } from './workloads/index.js';

/** What the command line asks for. */
export interface Options {
  readonly workloads: readonly string[];
  readonly peers: readonly string[];
  /** Values of the workloads' parameters, instead of their own. */
  readonly values: readonly number[] | undefined;
  readonly rounds: number;
  /** Time of one measurement, instead of the workloads' own. */
  readonly seconds: number | undefined;
  readonly json: string | undefined;
  /** A directory. */
  readonly svg: string | undefined;
  /** A file of an earlier run: nothing is measured. */
  readonly from: string | undefined;
}

const workloadLines = workloads.map(
  ({ name, title, parameter }) =>
    `    ${name.padEnd(11)}${title}\n${' '.repeat(15)}${parameter.name}: ${parameter.values.join(', ')}`,
);

const HELP = `Compares rxmux with the bare connection and with other multiplexers.

  npm run bench -- [options]

  --only NAMES     workloads, comma-separated; all unless told
  --peers NAMES    who is compared, comma-separated; all unless told
  --values N,...   what the workloads are done with, instead of their own values
  --rounds N       measurements of each, of which the median counts (default 3)
  --seconds S      time of one measurement, instead of the workloads' own
  --json FILE      write the results to FILE, too
  --svg DIRECTORY  draw a chart of each figure
  --from FILE      report on what --json wrote, instead of measuring
  --help

  Workloads, what they vary, and its values:
${workloadLines.join('\n')}

  Peers:
    ${[...peers.keys()].join(', ')}
  and for calls and values:
    ${[...callers.keys()].join(', ')}
  and over NATS, where nats-server is installed:
    ${[...natsPeers.keys()].join(', ')}
`;

/** Reads the command line. Returns a text where that is all that was asked for. */
export function readOptions(): Options | string {
  const { values: given } = parseArgs({
    options: {
      only: { type: 'string' },
      peers: { type: 'string' },
      values: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (given.help) {
    return HELP;
  }
  return {
    workloads: chosen(
      'only',
      given.only,
      workloads.map(({ name }) => name),
    ),
    peers: chosen('peers', given.peers, [...peers.keys(), ...callers.keys(), ...natsPeers.keys()]),
    values: given.values?.split(',').map((value) => number('values', value, 0)),
    rounds: number('rounds', given.rounds, 1),
    seconds: given.seconds === undefined ? undefined : number('seconds', given.seconds, 0.1),
    json: given.json,
    svg: given.svg,
    from: given.from,
  };
}

function chosen(option: string, given: string | undefined, all: readonly string[]): readonly string[] {
  const names = given?.split(',') ?? all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`--${option} takes ${all.join(', ')}; got ${unknown}`);
  }
  return names;
}

function number(option: string, given: string, least: number): number {
  const value = Number(given);
  if (given === '' || !(value >= least && Number.isFinite(value))) {
    throw new RangeError(`--${option} takes a number, ${least} at least; got ${given}`);
  }
  return value;
}
