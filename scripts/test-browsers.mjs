// Runs the tests in browsers (spec/browser) in each of these, one after the other:
//
//   node scripts/test-browsers.mjs                 all of them
//   node scripts/test-browsers.mjs firefox webkit  these
//
// The browsers are Debian's: chromium, firefox-esr, and webkit2gtk-driver with xvfb.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const BROWSERS = ['chromium', 'firefox', 'webkit'];

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

const names = process.argv.length > 2 ? process.argv.slice(2) : BROWSERS;
const unknown = names.filter((name) => !BROWSERS.includes(name));
if (unknown.length > 0) {
  throw new Error(`not among ${BROWSERS.join(', ')}: ${unknown.join(', ')}`);
}

const results = names.map((name) => {
  const start = Date.now();
  const { status } = spawnSync(process.execPath, [jest, '--config', 'spec/browser/jest.config.mjs'], {
    cwd: join(import.meta.dirname, '..'),
    env: { ...process.env, BROWSER: name },
    stdio: 'inherit',
  });
  return { name, isGood: status === 0, seconds: Math.round((Date.now() - start) / 1000) };
});

console.log();
for (const { name, isGood, seconds } of results) {
  console.log(`${name} ${isGood ? 'passed' : 'FAILED'} (${seconds} s)`);
}
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1;
