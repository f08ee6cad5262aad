import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compile, type Compiled, type Example } from '../support/examples.js';
import { blocks, links } from '../support/markdown.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Package {
  readonly name: string;
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const project = JSON.parse(read('package.json')) as Package;
const readme = read('README.md');

interface Program extends Example {
  /** What the text says that it prints: the block after it. */
  readonly output: string | undefined;
}

const programsOf = (page: string): Program[] =>
  blocks(read(page)).flatMap((block, index, all): Program[] => {
    if (block.language !== 'ts') {
      return [];
    }
    const next = all[index + 1];
    return [
      {
        place: `${page}:${block.line}`,
        file: `${page.replaceAll(/\W+/g, '-')}-${block.line}.ts`,
        code: block.code,
        output: next?.language === 'text' ? next.code : undefined,
      },
    ];
  });

const programs = [
  ...['README.md', 'docs/flow-control.md', 'docs/http.md'].flatMap(programsOf),
  // These have sketches, too, which need what a page cannot bring: those are compiled elsewhere.
  ...['docs/carriers.md', 'docs/who-may-connect.md', 'docs/in-production.md'].flatMap((page) =>
    programsOf(page).filter(({ output }) => output !== undefined),
  ),
];

/** Programs whose output is for whoever runs tests. */
const suites = programsOf('docs/carriers.md').filter(({ code }) => code.includes("from 'node:test'"));

const run = promisify(execFile);

/** Milliseconds after which a program that has not ended is killed. */
const RUN_TIMEOUT = 60_000;

let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile([...programs, ...suites]);
});

afterAll(() => compiled.remove());

describe('the programs of README.md and of the pages', () => {
  it.each(programs)(
    '$place ends by itself and prints what the block after it says',
    async ({ file, output }) => {
      const program = join(compiled.folder, 'out', file.replace(/\.ts$/, '.js'));
      const printed = await run(process.execPath, ['--throw-deprecation', program], { timeout: RUN_TIMEOUT });
      expect(printed).toEqual({ stdout: output, stderr: '' });
    },
    RUN_TIMEOUT + 5_000, // so that it is seen what a program that hangs has printed
  );

  it.each(suites)(
    '$place passes',
    async ({ file }) => {
      const program = join(compiled.folder, 'out', file.replace(/\.ts$/, '.js'));
      const { stdout } = await run(process.execPath, [program], { timeout: RUN_TIMEOUT });
      expect(stdout).toMatch(/ pass [1-9]\d*\n/);
      expect(stdout).toMatch(/ fail 0\n/);
    },
    RUN_TIMEOUT + 5_000,
  );

  it.each(programs.filter(({ code }) => /createServer\b.*'node:net'/.test(code)))(
    '$place has sockets without delay, at both ends',
    ({ code }) => {
      expect(code).toMatch(/createServer\(\{ noDelay: true \}/);
      expect(code).toMatch(/connect\(\{[^}]*\bnoDelay: true \}\)/);
    },
  );
});

describe('README.md', () => {
  it('names only commands that there are', () => {
    const commands = blocks(readme)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split(/&&|\n/))
      .map((command) => command.replace(/#.*/, '').trim())
      .filter((command) => command !== '');
    const needed = Object.keys(project.peerDependencies).filter(
      (name) => project.peerDependenciesMeta[name]?.optional !== true,
    );
    const known = [
      'npm ci',
      `npm install ${[project.name, ...needed].join(' ')}`,
      ...Object.keys(project.scripts).flatMap((name) =>
        ['start', 'test'].includes(name) ? [`npm ${name}`] : [`npm run ${name}`],
      ),
    ];
    expect(commands).toEqual(expect.arrayContaining(['npm ci', 'npm start', 'npm test']));
    expect(commands.filter((command) => !known.includes(command))).toEqual([]);
  });

  it('points to nothing that the package does not hold', () => {
    const held = ['README.md', 'LICENSE', ...project.files]; // npm adds the first two
    const own = links(readme).filter((link) => !/^(https?:|#)/.test(link));
    expect(own.filter((link) => !held.includes(link.replace(/\/.*/, '')))).toEqual([]);
  });
});
