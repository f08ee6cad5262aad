import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Scenarios } from '../page/main.js';
import { heardOf } from './heard.js';
import { launchBrowser } from './launch-browser.js';
import { buildServer, type Server, startServer } from './start-server.js';
import { makeWorkspace } from '../../support/workspace.js';

/** The page under test in a browser, and its server. */
export interface Stage {
  /** Does something in the page. */
  readonly run: <Name extends keyof Scenarios>(
    name: Name,
    ...args: Parameters<Scenarios[Name]>
  ) => Promise<Awaited<ReturnType<Scenarios[Name]>>>;
  /** What was thrown in the page and caught by nobody. */
  readonly uncaught: () => Promise<readonly string[]>;
  readonly startServer: () => Promise<Server>;
  readonly close: () => Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const undo: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.reverse()) {
      await step();
    }
  };
  try {
    const { folder, remove } = await makeWorkspace('browser', 'shared', 'page', 'worker', 'server');
    undo.push(remove);
    const site = join(folder, 'site');
    await Promise.all([
      cp(join(folder, 'page/index.html'), join(site, 'index.html')),
      build({
        entryPoints: { page: join(folder, 'page/main.ts'), worker: join(folder, 'worker/worker.ts') },
        outdir: site,
        bundle: true,
        format: 'esm',
      }),
      buildServer(folder),
    ]);
    const server = await startServer(folder, site);
    undo.push(server.kill);
    const browser = await launchBrowser();
    undo.push(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${server.origin}/index.html`);
    return {
      run: (name, ...args) => page.evaluate(`run(${JSON.stringify(name)}, ${JSON.stringify(args)})`) as never,
      uncaught: async () => (await heardOf(page)).uncaught,
      startServer: () => startServer(folder, site),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
