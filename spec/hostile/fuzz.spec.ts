import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = join(__dirname, '..', '..', 'scripts', 'fuzz.mjs');

/** With RXMUX_SOAK set: five minutes instead of two seconds. */
const SECONDS = process.env['RXMUX_SOAK'] === undefined ? 2 : 300;

it(
  'the fuzzer finds nothing in the built package',
  async () => {
    const { stdout } = await run(process.execPath, [script, '--seconds', `${SECONDS}`, '--seed', '1']);
    expect(stdout).toMatch(/^\d+ inputs .* nothing found$/m);
  },
  (SECONDS + 30) * 1000,
);
