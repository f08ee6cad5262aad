// Bundles a file into another one, by a bundler that is told nothing but that, and what React Native tells it.
//
//   node bundle.mjs vite|webpack|esbuild|metro FROM TO [PATH_OF_METRO]
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

const [, , name, from, to, pathOfMetro] = process.argv;
const folder = dirname(to);

const bundlers = {
  async vite() {
    const outDir = join(folder, 'vite');
    await vite({
      root: dirname(from),
      logLevel: 'error',
      build: { outDir, rollupOptions: { input: from, output: { format: 'iife' } } },
    });
    const assets = await readdir(join(outDir, 'assets'));
    if (assets.length !== 1) {
      throw new Error(`one file was expected, got ${assets}`);
    }
    await writeFile(to, await readFile(join(outDir, 'assets', assets[0]), 'utf8'));
  },

  async webpack() {
    const stats = await promisify(webpack)({
      mode: 'production',
      entry: from,
      performance: { hints: false },
      output: { path: folder, filename: basename(to) },
    });
    if (stats.hasErrors() || stats.hasWarnings()) {
      throw new Error(stats.toString());
    }
  },

  async esbuild() {
    await esbuild({ entryPoints: [from], outfile: to, bundle: true, minify: true, logLevel: 'error' });
  },

  async metro() {
    const require = createRequire(pathOfMetro);
    const { loadConfig, runBuild } = require('metro');
    const config = await loadConfig(
      { cwd: dirname(from), resetCache: true },
      {
        projectRoot: dirname(from),
        watchFolders: ['metro-runtime', '@babel/runtime'].map((name) =>
          join(dirname(pathOfMetro), '..', name),
        ),
        maxWorkers: 1,
        reporter: { update() {} },
        resolver: {
          // What React Native sets.
          unstable_conditionNames: ['react-native'],
          nodeModulesPaths: [join(dirname(pathOfMetro), '..')],
          resolverMainFields: ['react-native', 'browser', 'main'],
          useWatchman: false,
        },
        transformer: {
          getTransformOptions: async () => ({ transform: { experimentalImportSupport: true } }),
        },
      },
    );
    const { code } = await runBuild(config, { entry: from, platform: 'ios', minify: true, dev: false });
    await writeFile(to, code);
  },
};

await bundlers[name]();
