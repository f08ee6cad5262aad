import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packed } from './package/packed.js';

const root = join(__dirname, '..');
const run = promisify(execFile);

const installedVersion = (name: string): string => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${name}@${version}`;
};

const IMPORTS = `
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { lastValueFrom, toArray } from 'rxjs';
import { Mux, toDuplex } from 'rxmux';
`;

const REQUIRES = `
const { once } = require('node:events');
const { connect, createServer } = require('node:net');
const { lastValueFrom, toArray } = require('rxjs');
const { Mux, toDuplex } = require('rxmux');
`;

/** JavaScript, and strict TypeScript as well: a Duplex echoes what an Observable has sent, and all is closed. */
const TRANSFER = `
async function main() {
  const server = createServer((socket) => {
    new Mux(socket).channels$.subscribe((channel) => {
      const duplex = toDuplex(channel);
      duplex.pipe(duplex);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  const mux = new Mux(connect(address.port, '127.0.0.1'));
  const { inbound$, outbound$ } = mux.open('greeting');
  const received = lastValueFrom(inbound$.pipe(toArray()));
  const sent = Buffer.alloc(500_000, 'to and fro ');
  outbound$.next(sent);
  outbound$.complete();
  console.log(Buffer.concat(await received).equals(sent) ? 'echoed' : 'garbled');
  await mux.close();
  server.close();
}
main();
`;

/** What the declarations promise beyond what the transfer uses. */
const TYPES = `
import type { Observable, Subject } from 'rxjs';
import { type Channel, type ChannelDuplex, type MuxError, send, type StateObservable } from 'rxmux';
import { json, type Messages, toMessages } from 'rxmux/messages';

export const typed = (mux: Mux<number>, channel: Channel<number>) => {
  const handshake: number | undefined = channel.handshake;
  const inbound$: Subject<Buffer> = channel.inbound$;
  const outbound$: Subject<Uint8Array | string> = channel.outbound$;
  const errors$: Observable<MuxError> = mux.errors$;
  const capacity$: StateObservable<number> = mux.capacity$;
  const duplex: ChannelDuplex<number> = toDuplex(channel);
  // @ts-expect-error: bytes or a string, and nothing else
  outbound$.next(1);
  const messages: Messages<number, string, number> = toMessages<number, string, number>(channel, json());
  send(['sent'], messages).subscribe();
  // @ts-expect-error: strings are what is sent
  send([1], messages).subscribe();
  return { handshake, inbound$, errors$, capacity$, duplex };
};
`;

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'out',
  },
  files: ['main.ts'],
};

describe('the package', () => {
  let folder: string;

  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

  const runProgram = (file: string): Promise<{ stdout: string; stderr: string }> =>
    run(process.execPath, ['--throw-deprecation', file], { cwd: folder, timeout: 60_000 });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxmux-package-'));
    await write('package.json', JSON.stringify({ private: true, type: 'module' }));
    const packages = [await packed(), ...['rxjs', '@types/node'].map(installedVersion)];
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages];
    await run('npm', install, { cwd: folder });
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the built code, its sources and the documentation, and nothing else', async () => {
    const list = async (path: string): Promise<string[]> =>
      (await readdir(join(folder, 'node_modules/rxmux', path))).sort();
    expect(await list('.')).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bench',
      'dist',
      'docs',
      'package.json',
      'src',
    ]);
    expect(await list('dist')).toEqual(['browser', 'browser-cjs', 'cjs', 'esm']);
    expect(await list('bench/results')).toEqual(
      expect.arrayContaining([expect.stringMatching(/\.svg$/)]), // what pages show
    );
    expect(await list('src')).toEqual((await readdir(join(root, 'src'))).sort());
  });

  it('depends on nothing but RxJS, of which there is to be one only, and does without what is optional', async () => {
    const manifest = await readFile(join(folder, 'node_modules/rxmux/package.json'), 'utf8');
    const { dependencies = {}, ...peers } = JSON.parse(manifest) as Record<string, Record<string, unknown>>;
    expect(dependencies).toEqual({});
    const { rxjs, ...optional } = { ...peers['peerDependencies'] };
    expect(rxjs).toEqual(expect.any(String));
    expect(peers['peerDependenciesMeta']).toEqual(
      Object.fromEntries(Object.keys(optional).map((name) => [name, { optional: true }])),
    );
    for (const name of Object.keys(optional)) {
      expect(existsSync(join(folder, 'node_modules', name))).toBe(false); // and everything below works
    }
  });

  it('is imported by an ES module', async () => {
    await write('main.mjs', IMPORTS + TRANSFER);
    expect(await runProgram('main.mjs')).toEqual({ stdout: 'echoed\n', stderr: '' });
  }, 120_000);

  it('is required by a CommonJS module', async () => {
    await write('main.cjs', REQUIRES + TRANSFER);
    expect(await runProgram('main.cjs')).toEqual({ stdout: 'echoed\n', stderr: '' });
  }, 120_000);

  it('is imported by strict TypeScript, which checks its declarations', async () => {
    await write('main.ts', IMPORTS + TYPES + TRANSFER);
    await write('tsconfig.json', JSON.stringify(TSCONFIG));
    // A failed compilation says why on the standard output.
    const compiled = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], {
      cwd: folder,
    }).catch((error: unknown) => error as { stdout: string; stderr: string });
    expect(compiled.stdout + compiled.stderr).toBe('');
    expect(await runProgram('out/main.js')).toEqual({ stdout: 'echoed\n', stderr: '' });
  }, 120_000);
});
