import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { Scenarios } from '../page/main.js';
import { launchChromium } from './launch-chromium.js';
import { buildServer, type Server, startServer } from './start-server.js';
import { makeWorkspace } from './workspace.js';

/** The page under test in Chromium, and its server. */
export interface Stage {
  readonly page: Page;
  /** Does something in the page. */
  readonly run: <Name extends keyof Scenarios>(
    name: Name,
    ...args: Parameters<Scenarios[Name]>
  ) => Promise<Awaited<ReturnType<Scenarios[Name]>>>;
  /** What was thrown in the page and caught by nobody. */
  readonly uncaught: readonly Error[];
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
    const { folder, remove } = await makeWorkspace('shared', 'page', 'worker', 'server');
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
    const browser = await launchChromium();
    undo.push(() => browser.close());
    const page = await browser.newPage();
    const uncaught: Error[] = [];
    page.on('pageerror', (error) => uncaught.push(error));
    await page.goto(`${server.origin}/index.html`);
    return {
      page,
      run: (name, ...args) => page.evaluate(`run(${JSON.stringify(name)}, ${JSON.stringify(args)})`),
      uncaught,
      startServer: () => startServer(folder, site),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
