import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');

/** The files of src, as paths with slashes. */
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replaceAll('\\', '/'));

const section = (heading: string): string =>
  page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';

/** What stands in backquotes. */
const codes = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

describe('docs/architecture.md', () => {
  /** The rooms of the table, and what each may import. */
  const rooms = new Map(
    [...section('The rooms').matchAll(/^\| `(\w+)` *\|[^|]*\|([^|]*)\|$/gm)].map(([, room = '', may]) => [
      room,
      codes(may),
    ]),
  );
  /** Files that every room may use. */
  const FOR_ALL = [
    'errors.js',
    'arguments.js',
    'brands.js',
    'bytes.js',
    'node-duplex.js',
    'carrier/carrier.js',
  ];

  it('has a row for each folder of src', () => {
    const folders = files.filter((path) => path.includes('/')).map((path) => dirname(path));
    expect([...rooms.keys()]).toEqual(expect.arrayContaining([...new Set(folders)]));
  });

  it('says what each folder imports', () => {
    const others = files.flatMap((path) => {
      const [room = '', file] = path.split('/');
      if (file === undefined) {
        return [];
      }
      const allowed = [room, ...(rooms.get(room) ?? [])];
      const source = readFileSync(join(root, 'src', path), 'utf8');
      return [...source.matchAll(/ from '\.\.\/([^']+)'/g)]
        .map(([, imported = '']) => imported)
        .filter(
          (imported) => !FOR_ALL.includes(imported) && !allowed.includes(imported.split(/[/.]/)[0] ?? ''),
        )
        .map((imported) => `${path} imports ${imported}`);
    });
    expect(others).toEqual([]);
  });

  it('names every file of src, and no other', () => {
    const named = section('The files')
      .split('\n')
      .filter((line) => line.startsWith('- '))
      .flatMap((line) => {
        const folder = /^- `(\w+\/)`/.exec(line)?.[1] ?? '';
        return codes(line.replace(/^- `\w+\/`/, '')).map((name) => folder + name);
      });
    expect(named.sort()).toEqual([...files].sort());
  });
});
