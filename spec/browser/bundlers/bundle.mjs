// Bundles check.js of a directory into another one, by a bundler that is told nothing but that.
//
//   node bundle.mjs vite|webpack|esbuild FROM TO
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import webpack from 'webpack';

const [, , name, from, to] = process.argv;
const entry = join(from, 'check.js');
const page = () => copyFileSync(join(from, 'index.html'), join(to, 'index.html'));

const bundlers = {
  async vite() {
    await vite({ root: from, build: { outDir: to } }); // its entry is index.html
  },

  async webpack() {
    const stats = await promisify(webpack)({ entry, output: { path: to, filename: 'check.js' } });
    if (stats.hasErrors()) {
      throw new Error(stats.toString());
    }
    page();
  },

  async esbuild() {
    await esbuild({ entryPoints: [entry], outdir: to, bundle: true, minify: true });
    page();
  },
};

await bundlers[name]();
