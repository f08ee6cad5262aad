// The engines that the engine tests (spec/engines) run in, and the program of these tests. The binaries are those of npm, and
// stay in a cache folder.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const program = join(root, 'build', 'engines', 'main.mjs');

export const ENGINES = {
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

/** A binary of this major version of a package: that of the cache, or the newest. */
function fromNpm(name, major, path) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`only on linux-x64; this is ${process.platform}-${process.arch}`);
  }
  const folder = join(root, 'node_modules', '.cache', 'engines', name);
  const binary = join(folder, 'node_modules', name, path);
  if (!existsSync(binary)) {
    console.error(`${name}@${major} is not in the cache yet: npm fetches it, some 40 MB`);
    mkdirSync(folder, { recursive: true });
    const options = ['--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel', 'error'];
    execFileSync('npm', ['install', ...options, `${name}@${major}`], {
      stdio: ['ignore', process.stderr, 'inherit'], // stdout is the program's
      timeout: 240_000, // less than those wait who start it
    });
  }
  return binary;
}

/** The tests as one module, which imports the package as its users do. */
export async function buildProgram() {
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

/** Starts the program in an engine. */
export function start(engine, ...args) {
  const { binary, args: own } = ENGINES[engine];
  return spawn(binary(), [...own, program, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE: process.execPath, NO_COLOR: '1' },
  });
}
