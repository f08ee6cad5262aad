import { join } from 'node:path';
import { installed } from './installed.js';
import { Project } from './project.js';

const root = join(__dirname, '..', '..');

/** Tests for each runner that has `it` and `expect`: bytes of this realm, there and back, by Subjects and by a Duplex; calls; the inspector. */
const TEST = `
it('sends what this realm has for bytes', async () => {
  const { near, far } = muxPair();
  far.channels$.subscribe(({ inbound$, outbound$ }) => inbound$.subscribe(outbound$));
  const { inbound$, outbound$ } = near.open(new Uint8Array([1]).buffer);
  outbound$.next(new Uint8Array([1, 2]));
  outbound$.next(new Uint16Array([3, 4]));
  outbound$.next(new DataView(new ArrayBuffer(2)));
  outbound$.next(new ArrayBuffer(2));
  outbound$.next(Buffer.from('text'));
  outbound$.complete();
  const chunks = await lastValueFrom(inbound$.pipe(toArray()));
  expect(chunks.flatMap((chunk) => [...chunk]).join()).toBe('1,2,3,0,4,0,0,0,0,0,116,101,120,116');

  const duplex = toDuplex(near.open());
  duplex.write(new Uint8Array([104]));
  duplex.end('i');
  let said = '';
  for await (const chunk of duplex) {
    said += chunk.toString();
  }
  expect(said).toBe('hi');
  await near.close();
});

it('calls methods, and says what values are', async () => {
  const { near, far } = muxPair();
  serve(far, { twice: (value) => of(value, value) });
  expect(await lastValueFrom(remote(near).twice('größer').pipe(toArray()))).toEqual(['größer', 'größer']);
  expect(text().decode(text().encode('größer'))).toBe('größer');
  await near.close();
});

it('can import the inspector: what serves the page, or the element', () => {
  expect(typeof (inspect ?? customElements.get('rxmux-inspector'))).toBe('function');
});
`;

const IMPORTS = `
import { lastValueFrom, of, toArray } from 'rxjs';
import { toDuplex } from 'rxmux';
import { inspect } from 'rxmux/inspector';
import { text } from 'rxmux/messages';
import { remote, serve } from 'rxmux/remote';
import { muxPair } from 'rxmux/testing';
`;

const REQUIRES = IMPORTS.replaceAll(/import (.*) from (.*);/g, 'const $1 = require($2);');

describe('a test of code that uses the package passes', () => {
  let project: Project;
  let runners: string;

  beforeAll(async () => {
    project = await Project.make();
    runners = await installed('test-runners', {
      jsdom: '26.1.0',
      'jest-environment-jsdom': '30.5.2',
      vitest: '5.1.1',
    });
    await project.link('vitest', join(runners, 'vitest'));
    await project.link('jsdom', join(runners, 'jsdom'));
  }, 300_000);

  afterAll(() => project.remove());

  it.each([
    ['jsdom', 'jest-environment-jsdom'],
    ['Node', 'jest-environment-node'],
  ])(
    'under Jest, in CommonJS, with %s for surroundings',
    async (_name, environment) => {
      const folder = environment.endsWith('jsdom') ? runners : join(root, 'node_modules');
      const config = { rootDir: project.folder, testEnvironment: join(folder, environment), transform: {} };
      await project.write('runs.test.cjs', REQUIRES + TEST);
      await project.write('jest.config.json', JSON.stringify({ ...config, testMatch: ['**/runs.test.cjs'] }));
      const jest = join(root, 'node_modules/jest/bin/jest.js');
      const printed = await project.run(jest, '--config', 'jest.config.json', '--no-watchman');
      expect(printed).toMatch(/^Tests: +3 passed, 3 total$/m);
    },
    120_000,
  );

  it.each(['jsdom', 'node'])(
    'under Vitest, with %s for surroundings',
    async (environment) => {
      await project.write('runs.vitest.mjs', `import { expect, it } from 'vitest';${IMPORTS}${TEST}`);
      const config = { test: { include: ['runs.vitest.mjs'], environment } };
      await project.write('vitest.config.mjs', `export default ${JSON.stringify(config)};`);
      const printed = await project.run(join(runners, 'vitest/vitest.mjs'), 'run', '--no-color');
      expect(printed).toMatch(/^ *Tests +3 passed \(3\)$/m);
    },
    120_000,
  );
});
