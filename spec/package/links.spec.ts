import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Project } from './project.js';

describe('the packed pages', () => {
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

  it('are the README, the changelog and the documentation', () => {
    expect(pages).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'README.md', 'docs/api.md', 'docs/carriers.md']),
    );
  });

  it('link to nothing that is not in the package, unless by an address of the web', async () => {
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
});
