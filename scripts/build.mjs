// Compiles src twice, with the same compiler and options: ES modules to dist/esm, CommonJS to dist/cjs. Then makes
// dist/browser of the ES modules, and dist/browser-cjs of CommonJS.
//
// Under `module: nodenext` the compiler takes a file's module format from the nearest package.json, so the CommonJS
// build compiles a copy of the sources that lies beside a package.json of its own. The copy is laid inside the project,
// so that packages resolve as they do for src.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { buildForBrowsers } from './build-for-browsers.mjs';
import { buildInspectorPage } from './build-inspector-page.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compile = (project) =>
  execFileSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });

rmSync(`${root}/dist`, { recursive: true, force: true });
compile('tsconfig.build.json');

const copy = `${root}/dist/.cjs-src`;
mkdirSync(copy, { recursive: true });
cpSync(`${root}/src`, `${copy}/src`, { recursive: true });
writeFileSync(`${copy}/package.json`, JSON.stringify({ type: 'commonjs' }));
writeFileSync(
  `${copy}/tsconfig.json`,
  JSON.stringify({
    extends: '../../tsconfig.build.json',
    compilerOptions: {
      rootDir: 'src',
      outDir: '../cjs',
      verbatimModuleSyntax: false,
      sourceMap: false,
      declarationMap: false,
    },
    include: ['src'],
  }),
);
compile('dist/.cjs-src');
rmSync(copy, { recursive: true });

await buildForBrowsers(`${root}/dist/esm`, `${root}/dist/browser`, 'esm');
await buildForBrowsers(`${root}/dist/cjs`, `${root}/dist/browser-cjs`, 'cjs');
await buildInspectorPage(`${root}/dist`);
for (const folder of ['cjs', 'browser-cjs']) {
  // Bundlers look here, and no further, for either.
  const manifest = { type: 'commonjs', sideEffects: ['./inspector-element.js', './panel/element.js'] };
  writeFileSync(`${root}/dist/${folder}/package.json`, JSON.stringify(manifest));
}
