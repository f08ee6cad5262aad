import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { makeWorkspace } from '../../support/workspace.js';

/** The process of `inspector/scene.ts`, with its muxes and its inspector. */
export interface Scene {
  /** The page's address. */
  readonly url: string;
  /** Tells the process to do something. */
  readonly tell: (what: string) => void;
  readonly stop: () => Promise<void>;
}

/** @param channels - how many there are besides those of which the tests know */
export async function startScene(channels = 0): Promise<Scene> {
  const { folder, remove } = await makeWorkspace('pages', 'inspector');
  const program = join(folder, 'scene.mjs');
  await build({
    entryPoints: [join(folder, 'inspector/scene.ts')],
    outfile: program,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const child = fork(program, [`${channels}`], { execArgv: [] });
  const exit = once(child, 'exit');
  const failed = exit.then(() => {
    throw new Error('the process did not start');
  });
  failed.catch(() => undefined);
  const [url] = (await Promise.race([once(child, 'message'), failed])) as [string];
  return {
    url,
    tell: (what) => child.send(what),
    stop: async () => {
      child.kill('SIGKILL');
      await exit;
      await remove();
    },
  };
}

/** A page's files with `<rxmux-inspector>`, bundled as a user's are; and what removes them. */
export async function bundleElement(): Promise<{
  readonly folder: string;
  readonly remove: () => Promise<void>;
}> {
  const { folder, remove } = await makeWorkspace('pages', 'inspector');
  await build({
    entryPoints: [join(folder, 'inspector/element.ts')],
    outfile: join(folder, 'site/page.js'),
    bundle: true,
    format: 'esm',
  });
  await cp(join(folder, 'inspector/index.html'), join(folder, 'site/index.html'));
  return { folder, remove };
}
