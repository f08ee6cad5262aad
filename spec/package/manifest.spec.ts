import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Lock {
  readonly version: string;
  readonly packages: Readonly<Record<string, { readonly version: string }>>;
}

const manifest = JSON.parse(read('package.json')) as Readonly<Record<string, unknown>> & {
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly typesVersions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
};

describe('package.json', () => {
  it.each(['repository', 'bugs', 'homepage', 'author', 'license', 'keywords', 'engines', 'description'])(
    'names %s',
    (field) => {
      expect(manifest[field]).toBeTruthy();
    },
  );

  it('leads old resolvers to the types of each entry, too', () => {
    const entries = Object.keys(manifest.exports).filter((name) => !['.', './package.json'].includes(name));
    const expected = entries.map((name) => [name.slice(2), [`./dist/cjs/${name.slice(2)}.d.ts`]]);
    expect(manifest.typesVersions['*']).toEqual(Object.fromEntries<unknown>(expected as [string, unknown][]));
  });

  it('has the version that package-lock.json has, and the newest one of CHANGELOG.md', () => {
    const lock = JSON.parse(read('package-lock.json')) as Lock;
    const [newest] = versions();
    expect([lock.version, lock.packages['']?.version, newest?.name]).toEqual(
      Array<string>(3).fill(manifest.version),
    );
  });
});

describe('CHANGELOG.md', () => {
  it('gives each version its date, newest first', () => {
    const dates = versions().map(({ date }) => date);
    expect(dates).toEqual(dates.filter((date) => date !== undefined && !Number.isNaN(Date.parse(date))));
    expect(dates).toEqual([...dates].sort().reverse());
    expect(dates.length).toBeGreaterThan(1);
  });
});

/** The versions in CHANGELOG.md. */
function versions(): { readonly name: string; readonly date: string | undefined }[] {
  const headings = read('CHANGELOG.md').matchAll(/^## \[(\d+\.\d+\.\d+)\](?: - (\d{4}-\d\d-\d\d))?$/gm);
  return [...headings].map(([, name = '', date]) => ({ name, date }));
}
