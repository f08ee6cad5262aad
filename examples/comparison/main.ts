import { overBpmux } from './bpmux.js';
import { measure } from './measure.js';
import { overMultiplex } from './multiplex.js';
import { overRxmux } from './rxmux.js';

const MEBIBYTE = 1024 * 1024;
const ENOUGH = 16 * MEBIBYTE;

const contenders = { multiplex: overMultiplex, bpmux: overBpmux, rxmux: overRxmux };

console.log(
  `Two channels over one connection. Nobody reads channel 0 after its first chunk. Channel 1 is read`,
);
console.log(
  `until it has received ${ENOUGH / MEBIBYTE} MiB, or until nothing moves any more. Bytes received:\n`,
);
console.log(row('', 'channel 0', 'channel 1'));

for (const [name, contender] of Object.entries(contenders)) {
  const [zero, one] = await measure(contender, ENOUGH);
  console.log(row(name, zero.toLocaleString('en'), one.toLocaleString('en'), one < ENOUGH ? 'starved' : ''));
}

function row(name: string, zero: string, one: string, note = ''): string {
  return `${name.padEnd(9)} ${zero.padStart(12)} ${one.padStart(12)}  ${note}`.trimEnd();
}
