import { cp, readFile, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { installed } from './installed.js';
import { Project } from './project.js';

const root = join(__dirname, '..', '..');

const IMPORTS = `
import { lastValueFrom, toArray } from 'rxjs';
import { ChannelError, Mux, toDuplex } from 'rxmux';
import { DataChannelCarrier } from 'rxmux/data-channel';
import { MessagePortCarrier } from 'rxmux/message-port';
import { muxPair } from 'rxmux/testing';
import { WebStreamCarrier } from 'rxmux/web-streams';
import { WebSocketCarrier } from 'rxmux/websocket';
`;

const REQUIRES = IMPORTS.replaceAll(/import (.*) from (.*);/g, 'const $1 = require($2);');

/** Bytes there and back, by Subjects and by a Duplex, and the name of an error. What it comes to is the global \`result\`. */
const PROGRAM = `
async function main() {
  const { near, far } = muxPair();
  far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
  const { inbound$, outbound$ } = near.open('echo');
  outbound$.next(new Uint8Array(70000).fill(7));
  outbound$.next(new Uint16Array([1, 2]));
  outbound$.complete();
  const chunks = await lastValueFrom(inbound$.pipe(toArray()));
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const duplex = toDuplex(near.open('echo'));
  duplex.end('to and fro');
  let text = '';
  for await (const chunk of duplex) {
    text += chunk.toString();
  }
  const carriers = [DataChannelCarrier, MessagePortCarrier, WebStreamCarrier, WebSocketCarrier];
  const { name } = new ChannelError('E_CODE', 'in bundles classes have other names');
  return [bytes, text, name, near instanceof Mux, carriers.every((carrier) => typeof carrier === 'function')];
}
globalThis.result = main();
`;

/** What every engine has in which a bundle may run: nothing of Node's, nor of a page's. */
const { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, performance } = globalThis;
const GLOBALS = {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  queueMicrotask,
  performance,
  console,
  AbortController,
  AbortSignal,
};

describe('a bundle, for which nothing was configured, runs without anything of Node, made by', () => {
  let project: Project;
  let metro: string;

  beforeAll(async () => {
    project = await Project.make();
    metro = await installed('metro', { metro: '0.87.1', 'metro-config': '0.87.1' });
    for (const name of ['rxjs', 'tslib']) {
      await cp(join(root, 'node_modules', name), join(project.folder, 'native/node_modules', name), {
        recursive: true, // Metro takes no links
      });
    }
    await project.unpack('native/node_modules/rxmux');
    await project.write('main.mjs', IMPORTS + PROGRAM);
    await project.write('main.cjs', REQUIRES + PROGRAM);
    await project.write('native/package.json', '{}');
    await project.write('native/esm.js', IMPORTS + PROGRAM);
    await project.write('native/cjs.js', REQUIRES + PROGRAM);
  }, 300_000);

  afterAll(() => project.remove());

  it.each([
    ['vite', 'ES modules', 'main.mjs'],
    ['vite', 'CommonJS', 'main.cjs'],
    ['webpack', 'ES modules', 'main.mjs'],
    ['webpack', 'CommonJS', 'main.cjs'],
    ['esbuild', 'ES modules', 'main.mjs'],
    ['esbuild', 'CommonJS', 'main.cjs'],
    ['metro', 'ES modules', 'native/esm.js'],
    ['metro', 'CommonJS', 'native/cjs.js'],
  ])(
    '%s of %s',
    async (bundler, _modules, entry) => {
      const folder = await realpath(project.folder);
      const bundle = `bundles/${bundler}/${basename(entry)}`;
      await project.write(bundle, '');
      const paths = [join(folder, entry), join(folder, bundle), join(metro, 'metro/package.json')];
      expect(await project.run(join(__dirname, 'bundle.mjs'), bundler, ...paths)).toBe('');
      const context = createContext({ ...GLOBALS });
      runInContext(`${bundler === 'metro' ? 'global' : 'self'} = globalThis;`, context);
      runInContext(await readFile(join(folder, bundle), 'utf8'), context, { displayErrors: false });
      expect(await runInContext('result.then(JSON.stringify)', context)).toBe(
        '[70004,"to and fro","ChannelError",true,true]',
      );
    },
    120_000,
  );
});
