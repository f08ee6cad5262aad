// Makes modules for browsers, and for React Native, of those for Node: file by file, so that bundlers leave out what is not used,
// with what the sources import of Node, and what is to be nobody's dependency, replaced by packages, which are bundled. Nobody needs polyfills.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build } from 'esbuild';

/** What only Node has: left out, with all that imports it. */
const isNodeOnly = (name) =>
  ['http2.js', 'inspector.js'].includes(name) ||
  ['http2', 'inspect'].some((room) => name.startsWith(room + sep));

/** How each kind of module names another one. */
const IMPORT = {
  esm: /^((?:import|export)\b[^'"]*['"])(node:[\w/]+|uplot)(['"];)$/gm,
  cjs: /(\brequire\(")(node:[\w/]+|uplot)("\))/g,
};

/** The directory with a module for each of Node's that is replaced. */
const replacements = join(import.meta.dirname, 'browser');

/**
 * @param from - the directory of the modules for Node
 * @param to - the directory to be made
 * @param format - what they are: 'esm' or 'cjs'
 */
export async function buildForBrowsers(from, to, format) {
  const files = readdirSync(from, { recursive: true }).filter((name) => name.endsWith('.js'));
  for (const file of files.filter((name) => !isNodeOnly(name))) {
    const code = readFileSync(join(from, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
    const replaced = code.replace(
      IMPORT[format],
      (_all, before, name, after) => before + replacementOf(name, file) + after,
    );
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), replaced);
  }
  await bundle(
    SHARING,
    to,
    format,
    format === 'esm' ? { splitting: true } : { plugins: [shareBuffer] }, // streams use the same Buffer
  );
  await bundle(
    readdirSync(replacements).filter((name) => !SHARING.includes(name)),
    to,
    format,
    { inject: [join(import.meta.dirname, 'match-media.mjs')] }, // for uPlot
  );
}

/** Packages of which one uses the other. Whatever shares nothing should not name what they share: bundlers would warn of it. */
const SHARING = ['buffer.mjs', 'stream.mjs'];

/** Makes packages of what replaces modules. */
async function bundle(names, to, format, options) {
  await build({
    entryPoints: names.map((name) => join(replacements, name)),
    outdir: join(to, 'vendor'),
    bundle: true,
    format,
    ...options,
    platform: 'browser',
    target: 'es2022',
    minifySyntax: true,
    pure: ['console.error'],
    legalComments: 'inline',
    logLevel: 'warning',
  });
}

/** What splitting does for ES modules: the other modules require that with the Buffer. */
const shareBuffer = {
  name: 'share-buffer',
  setup({ onResolve }) {
    onResolve({ filter: /^buffer\/?$/ }, ({ importer }) =>
      importer === join(replacements, 'buffer.mjs') ? undefined : { path: './buffer.js', external: true },
    );
  },
};

/** The path, seen from `importer`, of what stands for a module of Node. */
function replacementOf(name, importer) {
  const file = `${name.replace('node:', '')}.mjs`;
  if (!readdirSync(replacements).includes(file)) {
    throw new Error(`${importer} imports ${name}, which nothing replaces in browsers`);
  }
  const path = relative(dirname(importer), join('vendor', file.replace('.mjs', '.js')));
  return (path.startsWith('.') ? path : `./${path}`).replaceAll(sep, '/');
}
