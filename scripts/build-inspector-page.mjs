// Makes the one file that the inspector's page consists of, and puts it where the server finds it: into a module, since modules of
// both kinds can import one.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** @param dist - the directory with what has been built for Node and for browsers */
export async function buildInspectorPage(dist) {
  const page = join(dist, 'browser/panel/page.js');
  const { outputFiles } = await build({
    entryPoints: [page],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'inline',
    write: false,
    logLevel: 'warning',
  });
  const code = JSON.stringify(outputFiles[0].text);
  writeFileSync(join(dist, 'esm/inspect/page-code.js'), `export const PAGE_CODE = ${code};\n`);
  writeFileSync(join(dist, 'cjs/inspect/page-code.js'), `"use strict";\nexports.PAGE_CODE = ${code};\n`);
  for (const folder of ['browser', 'browser-cjs']) {
    rmSync(join(dist, folder, 'panel/page.js')); // it does something when it is imported
  }
  for (const folder of ['esm', 'cjs']) {
    rmSync(join(dist, folder, 'inspect/page-code.js.map'), { force: true });
    const panel = join(dist, folder, 'panel'); // for browsers only; its declarations are everyone's
    for (const name of readdirSync(panel).filter((name) => !/\.d\.ts(\.map)?$/.test(name))) {
      rmSync(join(panel, name));
    }
    rmSync(join(dist, folder, 'inspector-element.js'));
    rmSync(join(dist, folder, 'inspector-element.js.map'), { force: true });
  }
}
