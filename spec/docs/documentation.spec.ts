import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, type Compiled, type Example } from '../support/examples.js';
import { anchors, blocks, links } from '../support/markdown.js';

const root = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path))
    .sort();

const pages = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...filesIn('docs', '.md'),
  ...filesIn('examples', '.md'),
];

const codeBlocks = pages.flatMap((page) =>
  blocks(read(page))
    .filter(({ language }) => language === 'ts')
    .map(({ code, line }): Example => ({
      place: `${page}:${line}`,
      file: `${page.replaceAll(/\W+/g, '-')}-${line}.ts`,
      code,
    })),
);

const tsdocExamples = filesIn('src', '.ts').flatMap((path) =>
  [...read(path).matchAll(/^ *\/\*\*[^]*?\*\//gm)].flatMap(([comment]) => {
    const [, ...parts] = comment.replace(/^ *(\/\*\*| \*\/| \* ?)/gm, '').split('@example');
    return parts.map((part, index): Example => {
      const name = path.replaceAll(/\W+/g, '-');
      // The first line of the comment tells one of a file's examples from another.
      const about = /\w[^.\n]*/.exec(comment.slice(3))?.[0] ?? '';
      const code = blocks(part).find(({ language }) => language === 'ts')?.code ?? '';
      return { place: `${path}: ${about}`, file: `${name}-${comment.length}-${index}.ts`, code };
    });
  }),
);

describe('the code of the documentation compiles under strict:', () => {
  const examples = [...codeBlocks, ...tsdocExamples];
  let compiled: Compiled;

  beforeAll(async () => {
    compiled = await compile(examples);
  });

  afterAll(() => compiled.remove());

  it.each(examples)('$place', (example) => {
    expect(example.code).not.toBe('');
    expect(compiled.diagnosticsOf(example)).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  const exists = (page: string, link: string): boolean => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    return existsSync(join(root, target)) && (anchor === undefined || anchors(read(target)).includes(anchor));
  };

  it.each(pages)('%s points to files and headings that there are', (page) => {
    const own = links(read(page)).filter((link) => !/^https?:/.test(link));
    expect(own.filter((link) => !exists(page, link))).toEqual([]);
  });
});
