import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Project } from './project.js';

describe('the packed files', () => {
  let project: Project;
  let home: string;
  let pages: string[];

  beforeAll(async () => {
    project = await Project.make();
    home = join(project.folder, 'node_modules/rxmux');
    pages = (await readdir(home, { recursive: true })).filter((name) => name.endsWith('.md')).sort();
  }, 120_000);

  afterAll(() => project.remove());

  /** What a page links to or shows, in Markdown or HTML, outside of code. */
  const linksOf = (text: string): string[] => {
    const prose = text.replaceAll(/^(```+).*?^\1/gms, '').replaceAll(/`[^`\n]*`/g, '');
    return [...prose.matchAll(/\]\(([^)\s]+)|\b(?:href|src)="([^"]+)"/g)].map(
      ([, md, html]) => md ?? html ?? '',
    );
  };

  it('include the README, the changelog and the documentation', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'README.md', 'docs/api.md', 'docs/carriers.md']),
    );
  });

  it('link, where they are pages, to nothing that is not in the package, unless by an address of the web', async () => {
    const broken: string[] = [];
    let count = 0;
    for (const page of pages) {
      for (const link of linksOf(await readFile(join(home, page), 'utf8'))) {
        count += 1;
        const [path = ''] = link.split('#');
        const isOfWeb = /^https?:\/\//.test(link);
        const target = join(home, dirname(page), decodeURI(path));
        const isInside = !relative(home, target).startsWith('..');
        if (!isOfWeb && path !== '' && !(isInside && existsSync(target))) {
          broken.push(`${page}: ${link}`);
        }
      }
    }
    expect(broken).toEqual([]);
    expect(count).toBeGreaterThan(50);
  });

  it('have beside them a source map for each file that names one, and the sources of each map', async () => {
    const broken: string[] = [];
    const files = (await readdir(join(home, 'dist'), { recursive: true })).map((name) =>
      join(home, 'dist', name),
    );
    const scripts = files.filter((path) => /\.(js|d\.ts)$/.test(path));
    const maps = files.filter((path) => path.endsWith('.map'));
    for (const path of scripts) {
      const [, map] = /^\/\/# sourceMappingURL=(\S+)$/m.exec(await readFile(path, 'utf8')) ?? [];
      if (map !== undefined && !existsSync(join(dirname(path), map))) {
        broken.push(relative(home, path));
      }
    }
    for (const path of maps) {
      const { file, sources } = JSON.parse(await readFile(path, 'utf8')) as Record<'file', string> &
        Record<'sources', readonly string[]>;
      const targets = [join(dirname(path), file), ...sources.map((source) => join(dirname(path), source))];
      broken.push(...targets.filter((target) => !existsSync(target)).map((target) => relative(home, target)));
    }
    expect(broken).toEqual([]);
    expect(maps.length).toBeGreaterThan(100);
  });
});
