import type { Outcome } from './streams.js';

const line = (what: string, count: number, why = ''): string =>
  `   ${what.padEnd(8)} ${String(count).padStart(6)}  ${why}`.trimEnd();

/** An outcome in a few lines. */
export function describeOutcome({ wentOn, failed, hung, bytes }: Outcome, ms: number): string {
  return [
    line('went on', wentOn),
    ...[...failed].map(([why, count]) => line('failed', count, why)),
    ...(hung > 0 ? [line('hung', hung)] : []),
    `   ${bytes} bytes went there and back meanwhile, in ${(ms / 1000).toFixed(1)} s`,
  ].join('\n');
}
