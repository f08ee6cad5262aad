import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * A compiled module of this folder with all that it imports, as one script for browsers. rxmux has a build for them;
 * `primus-backpressure` needs something in the place of the modules of Node that it uses.
 */
export async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path(name)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { global: 'globalThis' },
    inject: [path('browser/buffer.js')],
    alias: {
      crypto: path('browser/crypto.js'),
      stream: 'readable-stream',
      util: path('browser/util.js'),
    },
  });
  return outputFiles.map(({ text }) => text).join('');
}
