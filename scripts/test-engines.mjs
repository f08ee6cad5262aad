// Runs the engine tests (spec/engines) of the built package in this Node, in Bun and in Deno, each by itself and each against
// each other:
//
//   node scripts/test-engines.mjs              all of them
//   node scripts/test-engines.mjs bun deno     these
//
// What an engine lacks is skipped, and named.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buildProgram, ENGINES, start } from './engines.mjs';

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ENGINES);
const unknown = names.filter((name) => !(name in ENGINES));
if (unknown.length > 0) {
  throw new Error(`not among ${Object.keys(ENGINES).join(', ')}: ${unknown.join(', ')}`);
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
