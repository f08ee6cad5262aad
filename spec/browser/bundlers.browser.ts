import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import type { Browser } from './support/browser.js';
import { heardOf } from './support/heard.js';
import { launchBrowser } from './support/launch-browser.js';
import { buildServer, startServer } from './support/start-server.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

const run = promisify(execFile);

describe('a bundle, for which nothing was configured, works in a browser when made by', () => {
  let workspace: Workspace;
  let browser: Browser;

  const inWorkspace = (...path: readonly string[]): string => join(workspace.folder, ...path);

  beforeAll(async () => {
    workspace = await makeWorkspace('browser', 'shared', 'server', 'bundlers');
    const source = await readFile(inWorkspace('bundlers/check.ts'), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    await writeFile(inWorkspace('bundlers/check.js'), outputText);
    await buildServer(workspace.folder);
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await workspace.remove();
    await browser.close();
  });

  it.each(['vite', 'webpack', 'esbuild'])('%s', async (bundler) => {
    const program = join(__dirname, 'bundlers/bundle.mjs');
    await run(process.execPath, [program, bundler, inWorkspace('bundlers'), inWorkspace(bundler)]);
    const server = await startServer(workspace.folder, inWorkspace(bundler));
    try {
      const page = await browser.newPage();
      await page.goto(`${server.origin}/index.html`);
      const outcome: unknown = await page.evaluate('result').catch(String);
      const { uncaught } = await heardOf(page);
      expect({ outcome, uncaught }).toEqual({ outcome: 'channel: echoed, Duplex: echoed', uncaught: [] });
    } finally {
      await server.kill();
    }
  });
});
