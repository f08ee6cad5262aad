import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as errors from '../src/errors.js';
import { Mux } from '../src/index.js';
import { channelSettings, muxSettings } from '../src/options.js';
import { compile, type Compiled, type Example } from './support/examples.js';
import { blocks } from './support/markdown.js';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Package {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const project = JSON.parse(read('package.json')) as Package;
const readme = read('README.md');

interface Program extends Example {
  /** What the text says that it prints: the block after it. */
  readonly output: string | undefined;
}

const programs = blocks(readme).flatMap((block, index, all): Program[] => {
  if (block.language !== 'ts') {
    return [];
  }
  const next = all[index + 1];
  return [
    {
      place: `README.md:${block.line}`,
      file: `readme-${block.line}.ts`,
      code: block.code,
      output: next?.language === 'text' ? next.code : undefined,
    },
  ];
});

const run = promisify(execFile);

/** Milliseconds after which a program that has not ended is killed. */
const RUN_TIMEOUT = 60_000;

let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile(programs);
});

afterAll(() => compiled.remove());

describe('the code blocks of README.md', () => {
  it.each(programs)(
    '$place is a program that ends by itself and prints what the block after it says',
    async ({ file, output }) => {
      const program = join(compiled.folder, 'out', file.replace(/\.ts$/, '.js'));
      const printed = await run(process.execPath, ['--throw-deprecation', program], { timeout: RUN_TIMEOUT });
      expect(printed).toEqual({ stdout: output, stderr: '' });
    },
    RUN_TIMEOUT + 5_000, // so that it is seen what a program that hangs has printed
  );

  it('names only commands that there are', () => {
    const commands = blocks(readme)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.split(/&&|\n/))
      .map((command) => command.replace(/#.*/, '').trim())
      .filter((command) => command !== '');
    const known = [
      'npm ci',
      `npm install ${[project.name, ...Object.keys(project.peerDependencies)].join(' ')}`,
      ...Object.keys(project.scripts).flatMap((name) =>
        ['start', 'test'].includes(name) ? [`npm ${name}`] : [`npm run ${name}`],
      ),
    ];
    expect(commands).toEqual(expect.arrayContaining(['npm ci', 'npm start', 'npm test']));
    expect(commands.filter((command) => !known.includes(command))).toEqual([]);
  });
});

describe('the tables of README.md', () => {
  /** The first cells of the rows under a heading that stand in backquotes, each with the second cell. */
  const rows = (heading: string): Map<string, string> => {
    const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
    return new Map(
      [...section.matchAll(/^\| `([^`]+)` *\| *(.*?) *\|/gm)].map(([, name = '', cell = '']) => [name, cell]),
    );
  };
  /** The names in a table, without arguments; one cell may hold several. */
  const names = (heading: string): string[] => {
    const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
    return [...section.matchAll(/^\| (`.*?) *\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`(]+)[^`]*`/g)].map(([, name = '']) => name),
    );
  };
  const membersOf = (path: string, interfaceName: string): string[] => {
    const [, body = ''] =
      new RegExp(`interface ${interfaceName}\\b[^{]*\\{([^]*?)^\\}`, 'm').exec(read(path)) ?? [];
    return [...body.matchAll(/^ {2}(?:readonly )?(\w+\$?|\[Symbol\.asyncIterator\])[?(:]/gm)].map(
      ([, name = '']) => name,
    );
  };
  const shown = (value: unknown): string => (typeof value === 'function' ? '' : JSON.stringify(value));

  it('list every member of Mux', () => {
    const members = Object.getOwnPropertyNames(Mux.prototype).filter((name) => name !== 'constructor');
    expect(names('`Mux`').sort()).toEqual(members.sort());
  });

  it('list every member of Channel', () => {
    expect(names('`Channel`').sort()).toEqual(membersOf('src/channel/channel.ts', 'Channel').sort());
  });

  it.each([
    ['MuxOptions', muxSettings(undefined)],
    ['ChannelOptions', channelSettings(undefined)],
  ])('list every option of %s with its default', (name, settings) => {
    const table = rows(`\`${name}\``);
    expect([...table.keys()].sort()).toEqual(membersOf('src/options.ts', name).sort());
    for (const [option, value] of Object.entries<unknown>({ ...settings })) {
      const said = table.get(option)?.replaceAll(/[` ]/g, '');
      if (
        said !== undefined &&
        typeof value !== 'function' &&
        typeof value !== 'object' &&
        value !== undefined
      ) {
        expect([option, said]).toEqual([option, shown(value)]);
      }
    }
  });

  it('list every error', () => {
    expect(names('Errors').sort()).toEqual(Object.keys(errors).sort());
  });
});
