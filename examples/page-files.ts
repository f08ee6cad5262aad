import { resolve } from 'node:path';
import { build, type Rolldown } from 'vite';

/** What a server answers to a request for a file. */
export interface PageFile {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/**
 * Has Vite build the page of a folder.
 *
 * @param folder - below the root of this project; it has the `index.html`
 * @returns a function that finds its files by their paths
 */
export async function pageFiles(folder: string): Promise<(path: string) => PageFile | undefined> {
  const built = await build({
    root: resolve(folder),
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2022' },
    // In a checkout: a project of your own needs none of it.
    resolve: {
      alias: [
        { find: /^rxmux$/, replacement: resolve('dist/browser/index.js') },
        { find: /^rxmux\/(.*)$/, replacement: resolve('dist/browser/$1.js') },
      ],
    },
  });
  const files = new Map(
    (built as Rolldown.RolldownOutput).output.map((file) => [
      file.fileName,
      file.type === 'chunk' ? file.code : file.source,
    ]),
  );
  return (path) => {
    const name = path === '/' ? 'index.html' : path.slice(1);
    const content = files.get(name);
    const type = name.endsWith('.js') ? 'text/javascript' : 'text/html';
    return content === undefined ? undefined : { type, content };
  };
}
