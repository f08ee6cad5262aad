import { execFileSync, spawnSync } from 'node:child_process';

/** Tells a process that it runs in a network namespace of its own. */
const MARK = 'RXMUX_BENCH_OWN_NETWORK';

/** How a process is started that has a network of its own: what comes before its command, and its environment. */
export const OWN_NETWORK = { prefix: ['unshare', '--net', '--'], env: { [MARK]: '1' } };

/** Bytes of a packet at most, as on Ethernet. Loopback's own 65 536 would make one packet of half a second. */
const MTU = '1500';

/** Whether this machine lets a process have a network of its own, and shape it: Linux, root, and iproute2. */
export const canHaveOwnNetwork = (): boolean =>
  process.platform === 'linux' &&
  spawnSync('unshare', ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', ...shape(1e6)]).status ===
    0;

/** Whether this process runs in a network of its own. */
export const hasOwnNetwork = (): boolean => process.env[MARK] === '1';

/** Makes the loopback device of this process's network a line of that rate, both directions together. */
export function shapeLoopback(bitsPerSecond: number): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up', 'mtu', MTU]);
  execFileSync('tc', ['qdisc', 'replace', 'dev', 'lo', 'root', 'tbf', ...shape(bitsPerSecond)]);
}

/** A token bucket, and a queue of 256 KB in front of it, as routers at the end of slow lines have. */
const shape = (bitsPerSecond: number): string[] => [
  'rate',
  `${bitsPerSecond}bit`,
  'burst',
  '32kb',
  'limit',
  '256kb',
];
