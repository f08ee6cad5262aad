import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as errors from '../../src/errors.js';
import { Mux } from '../../src/index.js';
import { channelSettings, muxSettings } from '../../src/options.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/api.md');
const project = JSON.parse(read('package.json')) as { readonly exports: Readonly<Record<string, unknown>> };

describe('docs/api.md', () => {
  /** The first cells of the rows under a heading that stand in backquotes, each with the second cell. */
  const rows = (heading: string): Map<string, string> => {
    const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
    return new Map(
      [...section.matchAll(/^\| `([^`]+)` *\| *(.*?) *\|/gm)].map(([, name = '', cell = '']) => [name, cell]),
    );
  };
  /** The names in a table, without arguments; one cell may hold several. */
  const names = (heading: string): string[] => {
    const section = page.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
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
  /** What an entry file exports, types too. */
  const exportsOf = (path: string): string[] =>
    [...read(path).matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
      list
        .split(',')
        .map((name) => name.trim().replace(/^type /, ''))
        .filter((name) => name !== ''),
    );
  const shown = (value: unknown): string => (typeof value === 'function' ? '' : JSON.stringify(value));

  it('lists every member of Mux', () => {
    const members = Object.getOwnPropertyNames(Mux.prototype).filter((name) => name !== 'constructor');
    expect(names('`Mux`').sort()).toEqual(members.sort());
  });

  it('lists every member of Channel', () => {
    expect(names('`Channel`').sort()).toEqual(membersOf('src/channel/channel.ts', 'Channel').sort());
  });

  it('lists every member of Messages', () => {
    expect(names('`Messages`').sort()).toEqual(membersOf('src/messages/messages.ts', 'Messages').sort());
  });

  it.each([
    ['MuxOptions', muxSettings(undefined)],
    ['ChannelOptions', channelSettings(undefined)],
  ])('lists every option of %s with its default', (name, settings) => {
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

  it('names every option that there is to be given', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => ({ path: `src/${path}`, text: read(`src/${path}`) }));
    const exported = new Set(
      Object.keys(project.exports)
        .filter((path) => path !== './package.json')
        .flatMap((path) => exportsOf(`src/${path.slice(2) || 'index'}.ts`)),
    );
    const options = files.flatMap(({ path, text }) =>
      [...text.matchAll(/^export interface (\w+Options)\b/gm)]
        .filter(([, name = '']) => exported.has(name))
        .flatMap(([, name = '']) => membersOf(path, name).map((member) => `${name}.${member}`)),
    );
    expect(options.length).toBeGreaterThan(50); // else the search has gone blind
    const said = new Set([...page.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.split(/\W+/)));
    expect(options.filter((option) => !said.has(option.split('.')[1] ?? ''))).toEqual([]);
  });

  it('lists every error', () => {
    expect(names('Errors').sort()).toEqual(Object.keys(errors).sort());
  });

  it.each(
    Object.keys(project.exports)
      .filter((path) => path !== './package.json')
      .map((path) => ({ entry: path.replace(/^\./, 'rxmux'), file: `src/${path.slice(2) || 'index'}.ts` })),
  )('lists every export of $entry', ({ entry, file }) => {
    const found = exportsOf(file);
    expect(found).not.toEqual([]);
    expect(names(`\`${entry}\``).sort()).toEqual(found.sort());
  });
});
