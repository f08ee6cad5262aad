import { join } from 'node:path';
import { Project } from './project.js';

const root = join(__dirname, '..', '..');

/** Asks the page, and its program, of the inspector. */
const PROGRAM = `
async function main() {
  const { near } = muxPair();
  const { url, close } = await inspect(near);
  const page = await fetch(url);
  const program = await fetch(new URL('page.js', url));
  console.log(page.status, program.status, (await program.text()).includes('WebSocket'));
  await close();
}
main();
`;

describe('the packed inspector', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.make();
    await project.link('ws', join(root, 'node_modules/ws'));
  }, 120_000);

  afterAll(() => project.remove());

  it.each([
    [
      'an ES module',
      'main.mjs',
      `import { inspect } from 'rxmux/inspector';\nimport { muxPair } from 'rxmux/testing';\n`,
    ],
    [
      'a CommonJS module',
      'main.cjs',
      `const { inspect } = require('rxmux/inspector');\nconst { muxPair } = require('rxmux/testing');\n`,
    ],
  ])('serves its page from %s', async (_kind, file, imports) => {
    await project.write(file, imports + PROGRAM);
    expect(await project.run(file)).toBe('200 200 true\n');
  });

  it('does not hold a process that has nothing else to do', async () => {
    const program = `import { inspect } from 'rxmux/inspector';\nconst { url } = await inspect();\nconsole.log(url.length > 40);\n`;
    await project.write('alone.mjs', program);
    expect(await project.run('alone.mjs')).toBe('true\n');
  });

  it.each([
    ['import', 'element.mjs', `import 'rxmux/inspector';\n`],
    ['require', 'element.cjs', `require('rxmux/inspector');\n`],
  ])('has an element whose %s does nothing where there is no DOM', async (_kind, file, statement) => {
    await project.write(file, `${statement}console.log(typeof customElements);\n`);
    expect(await project.run('--conditions=browser', file)).toBe('undefined\n');
  });

  it('is nothing to compile for who has the types of Node only, or those of the DOM', async () => {
    for (const name of ['typescript', '@types/node', 'undici-types']) {
      await project.link(name, join(root, 'node_modules', name));
    }
    await project.write(
      'typed.mts',
      `import type { Mux } from 'rxmux';
import { inspect, type Inspector, type RxmuxInspector } from 'rxmux/inspector';
export const look = (mux: Mux<number>, other: Mux): Promise<Inspector> => inspect({ port: 1 }, mux, other);
export const show = (element: RxmuxInspector, mux: Mux<string>) => {
  element.muxes = [mux];
};
`,
    );
    await project.write(
      'dom.mts',
      `import 'rxmux/inspector';
import type { Mux } from 'rxmux';
export const show = (mux: Mux) => {
  const element = document.createElement('rxmux-inspector');
  element.muxes = [mux];
  element.style.height = '400px';
};
`,
    );
    const compile = (...args: readonly string[]): Promise<string> =>
      project.run(
        'node_modules/typescript/bin/tsc',
        ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'],
        ...args,
      );
    expect(await compile('--lib', 'es2022', '--types', 'node', 'typed.mts')).toBe('');
    expect(await compile('--lib', 'es2022,dom', 'typed.mts', 'dom.mts')).toBe('');
    expect(await compile('--lib', 'es2022,dom', '--customConditions', 'browser', 'dom.mts')).toBe('');
  }, 120_000);
});
