// Runs the engine tests (spec/engines) of the built package in this Node, in Bun and in Deno, each by itself and each against
// each other:
//
//   node scripts/test-engines.mjs              all of them
//   node scripts/test-engines.mjs bun deno     these
//
// The binaries are those of npm, and stay in a cache folder. What an engine lacks is skipped, and named.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const program = join(root, 'build', 'engines', 'main.mjs');

const ENGINES = {
  node: { binary: () => process.execPath, args: [] },
  bun: { binary: () => fromNpm('@oven/bun-linux-x64', '1', 'bin/bun'), args: [] },
  deno: {
    binary: () => fromNpm('@deno/linux-x64-glibc', '2', 'deno'),
    args: [
      ...['run', '--allow-all', '--quiet', '--node-modules-dir=manual'],
      '--unstable-unsafe-proto', // Primus sets prototypes by __proto__
      '--unstable-net', // WebTransport
    ],
  },
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ENGINES);
const unknown = names.filter((name) => !(name in ENGINES));
if (unknown.length > 0) {
  throw new Error(`not among ${Object.keys(ENGINES).join(', ')}: ${unknown.join(', ')}`);
}

/** A binary of this major version of a package: that of the cache, or the newest. */
function fromNpm(name, major, path) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`only on linux-x64; this is ${process.platform}-${process.arch}`);
  }
  const folder = join(root, 'node_modules', '.cache', 'engines', name);
  const binary = join(folder, 'node_modules', name, path);
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    const options = ['--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel', 'error'];
    execFileSync('npm', ['install', ...options, `${name}@${major}`], { stdio: 'inherit' });
  }
  return binary;
}

/** The tests as one module, which imports the package as its users do. */
async function buildProgram() {
  const entries = {
    name: 'entries',
    setup: ({ onResolve }) => {
      onResolve({ filter: /\/src\/[\w-]+\.js$/ }, ({ path }) => {
        const entry = /([\w-]+)\.js$/.exec(path)[1];
        return { path: entry === 'index' ? 'rxmux' : `rxmux/${entry}`, external: true };
      });
    },
  };
  await build({
    entryPoints: [join(root, 'spec', 'engines', 'main.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    define: { __dirname: JSON.stringify(join(root, 'spec', 'compliance')) },
    plugins: [entries],
  });
  const link = join(program, '..', 'node_modules', 'rxmux');
  rmSync(link, { force: true });
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(root, link, 'junction');
}

function start(engine, ...args) {
  const { binary, args: own } = ENGINES[engine];
  return spawn(binary(), [...own, program, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE: process.execPath, NO_COLOR: '1' },
  });
}

/** What becomes of the cases of one suite. */
async function run(engine, suite, ...args) {
  const started = Date.now();
  const child = start(engine, ...args);
  const exit = once(child, 'close');
  const results = [];
  const add = (result) => {
    results.push(result);
    if (result.outcome === 'failed') {
      console.log(`FAILED ${engine}, ${suite}: ${result.name}\n  ${result.why.replaceAll('\n', '\n  ')}`);
    }
  };
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) {
      add(JSON.parse(line));
    } else {
      console.log(line);
    }
  }
  const [code, signal] = await exit;
  if (code !== 0 || results.length === 0) {
    add({ name: 'runs to its end', outcome: 'failed', why: `exit code ${code}, signal ${signal}` });
  }
  return { engine, suite, results, seconds: (Date.now() - started) / 1000 };
}

/** Has `engine` be the far end while `work` is done with its ports. */
async function whileListening(engine, work) {
  const child = start(engine, 'listen');
  const exit = once(child, 'close');
  try {
    const [ports] = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      exit.then(() => Promise.reject(new Error(`${engine} does not listen`))),
    ]);
    return await work(ports);
  } finally {
    child.stdin.end();
    await exit;
  }
}

await buildProgram();
const versions = Object.fromEntries(
  names.map((name) => {
    const text = execFileSync(ENGINES[name].binary(), ['--version'], { encoding: 'utf8' });
    return [name, /\d+\.\d+\.\d+/.exec(text)[0]];
  }),
);

const suites = [];
for (const engine of names) {
  for (const suite of ['carriers', 'muxes']) {
    suites.push(await run(engine, suite, suite));
  }
}
for (const far of names) {
  await whileListening(far, async (ports) => {
    for (const near of names.filter((name) => name !== far)) {
      suites.push(await run(near, `muxes to ${far}`, 'connect', ports));
    }
  });
}

const count = (results, wanted) => results.filter(({ outcome }) => outcome === wanted).length;
console.table(
  suites.map(({ engine, suite, results, seconds }) => ({
    engine: `${engine} ${versions[engine]}`,
    suite,
    passed: count(results, 'passed'),
    failed: count(results, 'failed'),
    skipped: count(results, 'skipped'),
    seconds,
  })),
);
for (const { engine, suite, results } of suites) {
  const skipped = results.filter(({ outcome }) => outcome === 'skipped');
  for (const why of new Set(skipped.map((result) => result.why))) {
    const cases = skipped.filter((result) => result.why === why).length;
    console.log(`${engine} ${versions[engine]}, ${suite}: ${cases} skipped, for want of ${why}`);
  }
}
process.exitCode = suites.every(({ results }) => count(results, 'failed') === 0) ? 0 : 1;
